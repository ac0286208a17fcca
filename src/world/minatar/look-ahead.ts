/** The first action of a scripted player that searches ahead, as if nothing in the world were random. */
export interface LookAhead<P> {
  readonly start: P;
  /** In frames. */
  readonly horizon: number;
  /** The actions it considers; of two ways as long as each other, the one with the earlier action here. */
  readonly moves: readonly number[];
  /** Where a move leads in a frame (0 is the next): a place, the goal, or nowhere that it should go. */
  next(place: P, move: number, frame: number): P | 'goal' | undefined;
  /** Places with the same key in the same frame are the same. */
  key(place: P): number;
  /** Where the goal cannot be reached, the place with the least cost at the end is what it heads for. */
  cost(place: P): number;
}

/** Search for the shortest way to the goal, breadth first; action 0 where there is no way at all. */
export function lookAhead<P>({ start, horizon, moves, next, key, cost }: LookAhead<P>): number {
  let ways = [{ place: start, first: 0 }];
  for (let frame = 0; frame < horizon; frame++) {
    const found = new Map<number, (typeof ways)[number]>();
    for (const way of ways) {
      for (const move of moves) {
        const place = next(way.place, move, frame);
        const first = frame === 0 ? move : way.first;
        if (place === 'goal') return first;
        if (place !== undefined && !found.has(key(place))) found.set(key(place), { place, first });
      }
    }
    if (found.size === 0) break;
    ways = [...found.values()];
  }
  return ways.reduce((best, way) => (cost(way.place) < cost(best.place) ? way : best)).first;
}
