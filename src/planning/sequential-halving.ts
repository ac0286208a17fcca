/** Sequential Halving (Karnin, Koren and Somekh 2013) as a list: the visits that make an action next in turn. */

/**
 * Entry i is the visit count that the action of simulation i has before it. Among the actions with that count the best
 * is taken, so that after every phase the better half of those considered goes on.
 */
export function sequenceOfConsideredVisits(maxNumConsideredActions: number, numSimulations: number): Int32Array {
  const sequence = new Int32Array(numSimulations);
  if (maxNumConsideredActions <= 1) return sequence.map((_, simulation) => simulation);
  const phases = Math.ceil(Math.log2(maxNumConsideredActions));
  let considered = maxNumConsideredActions;
  let visits = 0;
  for (let next = 0; next < numSimulations; considered = Math.max(2, considered >> 1)) {
    const rounds = Math.max(1, Math.floor(numSimulations / (phases * considered)));
    for (let round = 0; round < rounds; round++, visits++) {
      sequence.fill(visits, next, next + considered);
      next += considered;
    }
  }
  return sequence;
}
