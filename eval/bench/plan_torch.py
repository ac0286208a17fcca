"""One decision by the cross-entropy method in PyTorch: the same agent, plans and rounds as src/policies/cem.ts, for comparison.

Reads the resolved configuration as JSON from standard input and prints one line of JSON.

    npx dreamtree bench plan --torch
"""
import json
import sys
import time

import torch

import update_torch
from update_torch import Agent


@torch.no_grad()
def worth(agent, deter, stoch, plans):
    count, horizon, _ = plans.shape
    deter, stoch = deter.expand(count, -1), stoch.expand(count, -1)
    actions = agent.act_input(plans.reshape(count * horizon, -1)).view(count, horizon, -1)
    features = []
    for step in range(horizon):
        deter = agent.advance(deter, stoch, actions[:, step])
        index = agent.probs(agent.prior(deter)).argmax(-1)
        stoch = torch.nn.functional.one_hot(index, agent.classes).float().flatten(1)
        features.append(torch.cat([deter, stoch], -1))
    flat = torch.stack(features, 1).view(count * horizon, -1)
    reward = agent.mean(agent.reward(flat)).view(count, -1)
    going = torch.sigmoid(agent.cont(flat)).view(count, -1)
    total = agent.mean(agent.critic(features[-1]))
    for step in reversed(range(horizon)):
        total = reward[:, step] + going[:, step] * total
    return total


@torch.no_grad()
def decide(agent, cem, horizon, size, deter, stoch):
    mean, std = torch.zeros(horizon, size), torch.full((horizon, size), cem["std"])
    for _ in range(cem["iterations"]):
        plans = (mean + std * torch.randn(cem["candidates"], horizon, size)).clamp(-1, 1)
        elites = plans[worth(agent, deter, stoch, plans).topk(cem["elites"]).indices]
        share = cem["momentum"]
        variance = share * std**2 + (1 - share) * elites.var(0, unbiased=False)
        mean, std = share * mean + (1 - share) * elites.mean(0), variance.sqrt()
    return mean


def main():
    request = json.load(sys.stdin)
    config, size = request["config"], request["actionSize"]
    torch.manual_seed(0)
    torch.set_num_threads(config["train"]["threads"])
    update_torch.ACTIONS = size
    agent = Agent(config)
    deter, stoch = torch.rand(1, agent.deter), torch.rand(1, agent.flat)
    times = []
    for call in range(-2, request["calls"]):
        started = time.perf_counter()
        decide(agent, config["cem"], config["plan"]["horizon"], size, deter, stoch)
        if call >= 0:
            times.append(1000 * (time.perf_counter() - started))
    print(json.dumps({"torch": torch.__version__, "ms": sorted(times)[len(times) // 2]}))


if __name__ == "__main__":
    main()
