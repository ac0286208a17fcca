"""One update of the same agent in PyTorch: same architecture, sizes and work as src/train/update.ts, for comparison.

Reads the resolved configuration as JSON from standard input and prints one line of JSON. Everything is written as one
would write it for speed in PyTorch: sequences batched where the recurrence allows it, fused norms and losses, imagination
without gradients, the optimiser over lists of tensors (torch._foreach_*).

    npx dreamtree bench update --preset tiny --torch
"""
import json
import math
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn

ACTIONS = 3
CHANNELS = 3


class RMSNormAct(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(size))

    def forward(self, x):
        if hasattr(F, "rms_norm"):
            return F.silu(F.rms_norm(x, (x.shape[-1],), self.scale, 1e-4))
        return F.silu(x * torch.rsqrt(x.square().mean(-1, keepdim=True) + 1e-4) * self.scale)


def dense(inputs, outputs):
    return nn.Sequential(nn.Linear(inputs, outputs), RMSNormAct(outputs))


def mlp(inputs, units, layers):
    return nn.Sequential(*[dense(inputs if i == 0 else units, units) for i in range(layers)])


class BlockLinear(nn.Module):
    def __init__(self, inputs, outputs, blocks):
        super().__init__()
        self.blocks = blocks
        self.kernel = nn.Parameter(torch.randn(blocks, inputs // blocks, outputs // blocks) / math.sqrt(inputs // blocks))
        self.bias = nn.Parameter(torch.zeros(outputs))

    def forward(self, x):
        split = x.unflatten(-1, (self.blocks, -1)).transpose(0, 1)
        return torch.baddbmm(self.bias.view(self.blocks, 1, -1), split, self.kernel).transpose(0, 1).flatten(1)


def block_linear(inputs, outputs, blocks):
    return nn.Linear(inputs, outputs) if blocks == 1 else BlockLinear(inputs, outputs, blocks)


def to_patches(x, patch):
    n, h, w, c = x.shape
    x = x.view(n, h // patch, patch, w // patch, patch * c).transpose(2, 3)
    return x.reshape(n, h // patch, w // patch, patch * patch * c)


def from_patches(x, patch):
    n, h, w, c = x.shape
    return x.view(n, h, w, patch, -1).transpose(2, 3).reshape(n, h * patch, w * patch, c // patch**2)


def two_hot(value, bins):
    value = value.clamp(bins[0], bins[-1])
    upper = torch.searchsorted(bins, value, right=True).clamp(1, len(bins) - 1)
    low, high = bins[upper - 1], bins[upper]
    share = ((value - low) / (high - low)).unsqueeze(-1)
    size = len(bins)
    return F.one_hot(upper - 1, size) * (1 - share) + F.one_hot(upper, size) * share


class Agent(nn.Module):
    def __init__(self, config):
        super().__init__()
        model, behavior = config["model"], config["behavior"]
        self.config = config
        deter, hidden, units = model["deter"], model["hidden"], model["units"]
        self.stoch, self.classes, self.unimix = model["stoch"], model["classes"], model["unimix"]
        flat = self.stoch * self.classes
        self.flat, self.deter = flat, deter
        features = deter + flat
        self.stem = model["stem"]
        resolution, stages, i = config["env"]["size"] // self.stem, [], 2
        while True:
            stages.append((resolution, model["depth"] * min(i, 4)))
            if resolution == model["minResolution"]:
                break
            resolution, i = resolution // 2, i + 1
        self.stages = stages
        patch = self.stem**2 * CHANNELS
        coarse, channels = stages[-1]
        tokens = coarse**2 * channels
        self.encoder = nn.ModuleList(
            [dense(patch if i == 0 else 4 * stages[i - 1][1], c) for i, (_, c) in enumerate(stages)]
        )
        blocks = model["blocks"]
        self.decoder_deter = block_linear(deter, tokens, blocks)
        self.decoder_stoch = nn.Sequential(dense(flat, 2 * units), nn.Linear(2 * units, tokens))
        self.decoder_merge = RMSNormAct(channels)
        self.decoder_up = nn.ModuleList(
            [nn.ModuleList([nn.Linear(stages[i + 1][1], 4 * c), RMSNormAct(c)]) for i, (_, c) in enumerate(stages[:-1])]
        )
        self.decoder_pixels = nn.Linear(stages[0][1], patch)
        self.embed_deter, self.embed_stoch = dense(deter, hidden), dense(flat, hidden)
        self.embed_action = dense(ACTIONS, hidden)
        self.gru_input = nn.Linear(2 * hidden, deter, bias=False)
        self.gru_action = nn.Linear(hidden, deter, bias=False)
        self.gru_deter = block_linear(deter, deter, blocks)
        self.gru_norm = RMSNormAct(deter)
        self.gru_gates = block_linear(deter, 3 * deter, blocks)
        self.gru_blocks = blocks
        self.prior = nn.Sequential(mlp(deter, hidden, model["priorLayers"]), nn.Linear(hidden, flat))
        self.post_deter = nn.Linear(deter, hidden)
        self.post_tokens = nn.Linear(tokens, hidden, bias=False)
        self.post = nn.Sequential(RMSNormAct(hidden), nn.Linear(hidden, flat))
        bins = model["bins"]
        self.reward = nn.Sequential(mlp(features, units, model["rewardLayers"]), nn.Linear(units, bins))
        self.cont = nn.Sequential(mlp(features, units, model["continueLayers"]), nn.Linear(units, 1))
        width = behavior["units"]
        self.actor = nn.Sequential(mlp(features, width, behavior["actorLayers"]), nn.Linear(width, ACTIONS))
        self.critic = nn.Sequential(mlp(features, width, behavior["criticLayers"]), nn.Linear(width, bins))
        for head in (self.reward, self.critic):
            nn.init.zeros_(head[-1].weight)
        half = (bins - 1) // 2
        grid = torch.linspace(-20, 20, bins)
        self.register_buffer("bins", torch.sign(grid) * torch.expm1(grid.abs()))
        self.half = half
        self.register_buffer("return_low", torch.zeros(()))
        self.register_buffer("return_high", torch.zeros(()))

    # ---- parts

    def probs(self, logits):
        p = F.softmax(logits.view(-1, self.stoch, self.classes), -1)
        return p * (1 - self.unimix) + self.unimix / self.classes

    def sample(self, probs):
        index = torch.searchsorted(probs.detach().cumsum(-1), torch.rand(*probs.shape[:-1], 1)).clamp(max=probs.shape[-1] - 1)
        hard = F.one_hot(index.squeeze(-1), probs.shape[-1]).float()
        return hard + probs - probs.detach()

    def act_input(self, action):
        return self.gru_action(self.embed_action(action / action.abs().clamp(min=1).detach()))

    def advance(self, deter, stoch, action):
        x = torch.cat([self.embed_deter(deter), self.embed_stoch(stoch)], -1)
        x = self.gru_norm(self.gru_deter(deter) + self.gru_input(x) + action)
        gates = self.gru_gates(x).view(len(x), self.gru_blocks, -1).chunk(3, -1)
        reset, candidate, update = [gate.reshape(len(x), -1) for gate in gates]
        fresh = torch.tanh(torch.sigmoid(reset) * candidate)
        return deter + torch.sigmoid(update - 1) * (fresh - deter)

    def decode(self, deter, stoch):
        coarse, channels = self.stages[-1]
        x = self.decoder_merge((self.decoder_deter(deter) + self.decoder_stoch(stoch)).view(-1, coarse, coarse, channels))
        for widen, activate in reversed(self.decoder_up):
            x = activate(from_patches(widen(x), 2))
        return self.decoder_pixels(x)

    def mean(self, logits):
        p = F.softmax(logits, -1)
        return (p[..., self.half + 1 :] - p[..., : self.half].flip(-1)) @ self.bins[self.half + 1 :]

    def cross_entropy(self, logits, target):
        return -(two_hot(target, self.bins) * F.log_softmax(logits, -1)).sum(-1)

    # ---- losses

    def loss(self, slow, batch):
        model, behavior = self.config["model"], self.config["behavior"]
        B, T = batch["reward"].shape
        rows = B * T
        patches = to_patches(batch["image"].view(rows, *batch["image"].shape[2:]).float() / 255, self.stem)
        x = patches - 0.5
        for i, layer in enumerate(self.encoder):
            x = layer(x if i == 0 else to_patches(x, 2))
        tokens = self.post_tokens(x.reshape(B, T, -1))
        keep = 1 - batch["isFirst"].unsqueeze(-1)
        action = self.act_input((batch["action"] * keep).view(rows, -1)).view(B, T, -1)
        deter, stoch = batch["deter"], batch["stoch"].view(B, -1)
        deters, stochs, logits = [], [], []
        for t in range(T):
            deter = self.advance(deter * keep[:, t], stoch * keep[:, t], action[:, t])
            logit = self.post(self.post_deter(deter) + tokens[:, t])
            stoch = self.sample(self.probs(logit)).flatten(1)
            deters.append(deter), stochs.append(stoch), logits.append(logit)
        deters, stochs = torch.stack(deters, 1), torch.stack(stochs, 1)
        feature = torch.cat([deters, stochs], -1)
        flat = feature.view(rows, -1)
        post, prior = self.probs(torch.stack(logits, 1)), self.probs(self.prior(deters.view(rows, -1)))
        kl = lambda p, q: (p * (p.log() - q.log())).sum((-1, -2)).clamp(min=model["freeNats"]).mean()
        picture = torch.sigmoid(self.decode(deters.view(rows, -1), stochs.view(rows, -1)))
        scales = model["scales"]
        alive = (1 - batch["isTerminal"].view(rows)) * (1 - 1 / model["horizonDiscount"])
        total = (
            scales["image"] * (picture - patches).square().sum((1, 2, 3)).mean()
            + scales["reward"] * self.cross_entropy(self.reward(flat), batch["reward"].view(rows)).mean()
            + scales["continue"] * F.binary_cross_entropy_with_logits(self.cont(flat).squeeze(-1), alive)
            + scales["dynamics"] * kl(post.detach(), prior)
            + scales["representation"] * kl(post, prior.detach())
        )
        return total + self.behavior_loss(slow, batch, deters, stochs, feature), deters, stochs

    def behavior_loss(self, slow, batch, deters, stochs, feature):
        behavior = self.config["behavior"]
        B, T = batch["reward"].shape
        H = behavior["imaginationHorizon"]
        last = min(T, max(1, math.ceil((behavior["imaginationStarts"] or B * T) / B)))
        N = B * last
        with torch.no_grad():
            deter, stoch = deters[:, -last:].reshape(N, -1), stochs[:, -last:].reshape(N, -1)
            features, actions = [], []
            for step in range(H + 1):
                features.append(torch.cat([deter, stoch], -1))
                probs = F.softmax(self.actor(features[-1]), -1)
                index = torch.searchsorted(probs.cumsum(-1), torch.rand(N, 1)).clamp(max=ACTIONS - 1)
                actions.append(F.one_hot(index.squeeze(-1), ACTIONS).float())
                if step < H:
                    deter = self.advance(deter, stoch, self.act_input(actions[-1]))
                    stoch = self.sample(self.probs(self.prior(deter))).flatten(1)
            imagined = torch.stack(features, 1)
            everywhere = imagined.view(N * (H + 1), -1)
            reward = self.mean(self.reward(everywhere)).view(N, -1)
            going = torch.sigmoid(self.cont(everywhere)).view(N, -1)
        value_logits = self.critic(everywhere)
        with torch.no_grad():
            value = self.mean(value_logits).view(N, -1)
            returns, following = [], value[:, H]
            lam = behavior["lambda"]
            for t in reversed(range(H)):
                following = reward[:, t + 1] + going[:, t + 1] * ((1 - lam) * value[:, t + 1] + lam * following)
                returns.append(following)
            returns = torch.stack(returns[::-1], 1)
            rate = behavior["returnRate"]
            quantiles = torch.quantile(returns, torch.tensor([behavior["returnLow"], behavior["returnHigh"]]))
            self.return_low.lerp_(quantiles[0], rate)
            self.return_high.lerp_(quantiles[1], rate)
            scale = (self.return_high - self.return_low).clamp(min=behavior["returnLimit"])
            weight = going.cumprod(1)[:, :H]
            slow_value = slow.mean(slow.critic(everywhere))
            target = F.pad(returns, (0, 1)).view(-1)
            advantage = (returns - value[:, :H]) / scale
        log_policy = F.log_softmax(self.actor(imagined[:, :H].reshape(N * H, -1)), -1)
        taken = torch.stack(actions[:H], 1).view(N * H, -1)
        entropy = -(log_policy.exp() * log_policy).sum(-1)
        policy = -((log_policy * taken).sum(-1) * advantage.view(-1) + behavior["entropy"] * entropy) * weight.reshape(-1)
        critic = self.cross_entropy(value_logits, target) + behavior["slowRegularizer"] * self.cross_entropy(value_logits, slow_value)
        total = policy.mean() + (critic.view(N, -1)[:, :H] * weight).mean()
        if last > 1 and behavior["replayCritic"] > 0:
            tail = {name: batch[name][:, -last:] for name in ("reward", "isFirst", "isTerminal")}
            boot = returns[:, 0].view(B, last)
            alive = (1 - tail["isTerminal"]) * (1 - 1 / self.config["model"]["horizonDiscount"])
            is_last = F.pad(tail["isFirst"][:, 1:], (0, 1))
            following, targets = boot[:, -1], []
            for t in reversed(range(last - 1)):
                mix = (1 - is_last[:, t + 1]) * lam
                following = tail["reward"][:, t + 1] + alive[:, t + 1] * ((1 - mix) * boot[:, t + 1] + mix * following)
                targets.append(following)
            known = feature[:, T - last : T - 1].reshape(B * (last - 1), -1)
            logits = self.critic(known)
            with torch.no_grad():
                slow_known = slow.mean(slow.critic(known))
            loss = self.cross_entropy(logits, torch.stack(targets[::-1], 1).reshape(-1)) + self.cross_entropy(logits, slow_known)
            total = total + behavior["replayCritic"] * (loss * (1 - is_last[:, :-1]).reshape(-1)).mean()
        return total


class LaProp:
    def __init__(self, params, config):
        self.params, self.config, self.step_count = list(params), config, 0
        self.momentum = [torch.zeros_like(p) for p in self.params]
        self.variance = [torch.zeros_like(p) for p in self.params]

    @torch.no_grad()
    def step(self):
        c = self.config
        self.step_count += 1
        grads = [p.grad for p in self.params]
        size, norm = torch._foreach_norm(grads), torch._foreach_norm(self.params)
        for grad, g, p in zip(grads, size, norm):
            grad.mul_((c["agc"] * p.clamp(min=c["agcMin"]) / g.clamp(min=1e-12)).clamp(max=1))
        torch._foreach_mul_(self.variance, c["beta2"])
        torch._foreach_addcmul_(self.variance, grads, grads, 1 - c["beta2"])
        deviation = torch._foreach_div(self.variance, 1 - c["beta2"] ** self.step_count)
        torch._foreach_sqrt_(deviation)
        torch._foreach_add_(deviation, c["epsilon"])
        torch._foreach_div_(grads, deviation)
        torch._foreach_mul_(self.momentum, c["beta1"])
        torch._foreach_add_(self.momentum, grads, alpha=1 - c["beta1"])
        rate = c["learningRate"] * min(1, self.step_count / max(1, c["warmup"])) / (1 - c["beta1"] ** self.step_count)
        torch._foreach_add_(self.params, self.momentum, alpha=-rate)


def main():
    request = json.load(sys.stdin)
    config, updates = request["config"], request["updates"]
    torch.manual_seed(0)
    torch.set_num_threads(config["train"]["threads"])
    B, T, S = config["train"]["batchSize"], config["train"]["batchLength"], config["env"]["size"]
    agent = Agent(config)
    slow = Agent(config)
    slow.load_state_dict(agent.state_dict())
    learned = [p for p in agent.parameters()]
    optimizer = LaProp(learned, config["optimizer"])
    batch = {
        "image": torch.randint(0, 256, (B, T, S, S, CHANNELS), dtype=torch.uint8),
        "action": torch.rand(B, T, ACTIONS), "reward": torch.rand(B, T),
        "isFirst": (torch.rand(B, T) < 0.1).float(), "isTerminal": (torch.rand(B, T) < 0.1).float(),
        "deter": torch.rand(B, agent.deter), "stoch": torch.rand(B, agent.stoch, agent.classes),
    }
    loss_fn = torch.compile(agent.loss) if request.get("compile") else agent.loss
    compile_started = time.perf_counter()

    def update():
        loss, deters, stochs = loss_fn(slow, batch)
        for p in learned:
            p.grad = None
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            rate = config["behavior"]["slowRate"]
            torch._foreach_mul_(list(slow.critic.parameters()), 1 - rate)
            torch._foreach_add_(list(slow.critic.parameters()), list(agent.critic.parameters()), alpha=rate)
        return loss

    times = []
    for i in range(3 + updates):
        started = time.perf_counter()
        update()
        if i == 0:
            first_ms = (time.perf_counter() - compile_started) * 1000
        if i >= 3:
            times.append((time.perf_counter() - started) * 1000)
    times.sort()
    print(json.dumps({
        "torch": torch.__version__, "ms": times[len(times) // 2], "firstMs": first_ms,
        "parameters": sum(p.numel() for p in learned),
    }))


if __name__ == "__main__":
    main()
