# SPDX-License-Identifier: MIT
"""Makes ratios of what the harness measured: their medians, a table, and bench.json."""

import collections
import json
import statistics

BASE = 'AF_UNIX SEQPACKET'
DRIFT_MOST = 0.10
ROUNDS_LEAST = 5

# What a message costs, as a ratio to AF_UNIX SEQPACKET: a round trip's time, one way's rate.
Case = collections.namedtuple('Case', 'scenario unit better')
CASES = {
    'round trip': Case('round trip', 'time', 'less'),
    'one way': Case('one way', 'rate', 'more'),
}
# For instructions; the clock on the wall under emulation has none.
GOALS = {
    ('round trip', 'device, write and read'): 0.9,
    ('round trip', 'device, CALL'): 0.61,
}
Sample = collections.namedtuple('Sample', 'round scenario peer ns messages lost wrong')


class BenchError(Exception):
    """The figures can't be used."""


def parse(text):
    """The facts and the samples in the harness's output."""
    facts, samples = {}, []
    for line in text.splitlines():
        kind, *fields = line.split('\t')
        if kind == 'fact':
            facts[fields[0]] = fields[1]
        elif kind == 'sample':
            number, scenario, peer, *counts = fields
            samples.append(Sample(int(number), scenario, peer, *map(int, counts)))
    return facts, samples


def ratio(case, cost, base):
    """Of a time per message to the base's: times, or rates."""
    return cost / base if case.unit == 'time' else base / cost


def per_message(sample):
    return sample.ns / sample.messages


def rounds_of(samples, scenario):
    """Per round: the base's first and last cost, and each other peer's sample."""
    rounds = collections.defaultdict(list)
    for sample in samples:
        if sample.scenario == scenario:
            rounds[sample.round].append(sample)
    for number, measured in sorted(rounds.items()):
        bases = [per_message(sample) for sample in measured if sample.peer == BASE]
        if len(bases) != 2 or measured[0].peer != BASE or measured[-1].peer != BASE:
            raise BenchError(f'{scenario}, round {number}: not {BASE} first and last')
        yield bases, [sample for sample in measured if sample.peer != BASE]


def row(case, peer, goals, ratios, costs, samples):
    goal = goals.get((case.scenario, peer))
    middle = statistics.median(ratios)
    reached = None
    if goal is not None:
        reached = middle <= goal if case.better == 'less' else middle >= goal
    return {
        'case': case.scenario,
        'peer': peer,
        'ratio_of': case.unit,
        'ratio': round(middle, 4),
        'min': round(min(ratios), 4),
        'max': round(max(ratios), 4),
        'ns': round(statistics.median(costs), 1),
        'rounds': len(ratios),
        'lost': sum(sample.lost for sample in samples),
        'wrong': sum(sample.wrong for sample in samples),
        'goal': goal,
        'goal_reached': reached,
    }


def base_row(case, goals, rounds, samples):
    """The base itself: its last measurement of a round to its first."""
    firsts = [bases[0] for bases, _ in rounds]
    lasts = [bases[1] for bases, _ in rounds]
    own = [ratio(case, last, first) for first, last in zip(firsts, lasts)]
    return row(case, BASE, goals, own, firsts + lasts, samples)


def drift(rounds):
    """How far the base moved: within a round (median), or from the first to the last one."""
    within = statistics.median(bases[1] / bases[0] for bases, _ in rounds)
    over_all = rounds[-1][0][1] / rounds[0][0][0]
    return max((abs(value - 1) for value in (within, over_all)))


def evaluate(samples, goals):
    """The rows of the table, and what speaks against the figures (a list of texts)."""
    rows, faults = [], []
    for case in CASES.values():
        rounds = list(rounds_of(samples, case.scenario))
        if len(rounds) < ROUNDS_LEAST:
            faults.append(f'{case.scenario}: {len(rounds)} rounds, not {ROUNDS_LEAST}')
        if not rounds:
            continue
        moved = drift(rounds)
        if moved > DRIFT_MOST:
            faults.append(f'{case.scenario}: {BASE} drifted by {moved:.0%}')
        mine = [sample for sample in samples if sample.scenario == case.scenario]
        base = [sample for sample in mine if sample.peer == BASE]
        rows.append(base_row(case, goals, rounds, base))
        ratios, costs = collections.defaultdict(list), collections.defaultdict(list)
        for bases, others in rounds:
            for sample in others:
                cost = per_message(sample)
                ratios[sample.peer].append(ratio(case, cost, statistics.mean(bases)))
                costs[sample.peer].append(cost)
        for peer in ratios:
            measured = [sample for sample in mine if sample.peer == peer]
            rows.append(row(case, peer, goals, ratios[peer], costs[peer], measured))
    faults += [f'{r["case"]}, {r["peer"]}: wrong messages' for r in rows if r['wrong']]
    return rows, faults


def remark(measured):
    parts = []
    if measured['goal'] is not None:
        sign = '<=' if CASES[measured['case']].better == 'less' else '>='
        state = 'reached' if measured['goal_reached'] else 'not reached'
        parts.append(f'goal {sign} {measured["goal"]}: {state}')
    if measured['lost']:
        parts.append(f'LOSES: {measured["lost"]} messages')
    if measured['wrong']:
        parts.append(f'WRONG: {measured["wrong"]} messages')
    if measured['peer'] == BASE:
        parts.append('itself: last to first of a round')
    return '; '.join(parts)


def table(rows, unit):
    """For people."""
    lines = []
    for case in CASES.values():
        lines.append('')
        lines.append(
            f'{case.scenario}, 128 bytes: ratio of {case.unit}s to {BASE} ({case.better} is better)'
        )
        head = f'  {"peer":<30} {"ratio":>7} {"min":>7} {"max":>7} {unit:>11}'
        lines.append(head)
        for r in rows:
            if r['case'] != case.scenario:
                continue
            lines.append(
                f'  {r["peer"]:<30} {r["ratio"]:7.3f} {r["min"]:7.3f} {r["max"]:7.3f} '
                f'{r["ns"]:11.0f}  {remark(r)}'.rstrip()
            )
    return '\n'.join(lines[1:])


def write(path, mode, facts, rows, faults):
    """bench.json keeps what the other mode measured."""
    everything = {}
    if path.exists():
        everything = json.loads(path.read_text())
    everything[mode] = {'facts': facts, 'cases': rows, 'faults': faults}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(everything, indent=2) + '\n')
