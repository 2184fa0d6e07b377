"""The command: one part of the plan after another, as long as there is time for it."""

from __future__ import annotations

import argparse

from experiments import sweep
from experiments.paper.settings import base
from experiments.paper.why import figures, mechanism, mechanism_page, report
from experiments.paper.why.found import Found
from experiments.paper.why.plan import Plan
from experiments.sweep import arguments, finished
from experiments.sweep.figures import save
from experiments.sweep.output import RESULTS, write_text
from viz.command_line import InputError

FOLDERS = {"paper": RESULTS / "why", "smoke": RESULTS / "why-smoke"}
TWINS = "-mechanism"  # of the folder for those, behind the scale's
PAGE = "why.md"
HOURS = 10.0


def run(args: argparse.Namespace) -> int:
    """Do what is left of the plan, in its order, and write the page; return the exit code.

    A part begins when those before it are finished, and if the CPU-hours that are used and those that it may
    take are not more than ``args.hours`` together.

    Raises
    ------
    InputError
        If there is an option that the twins do not have.
    """
    if args.out is None:
        usual = FOLDERS[args.scale]
        args.out = usual.with_name(usual.name + TWINS) if args.mechanism else usual
    if args.mechanism:
        return _run_twins(args)
    allowed = HOURS if args.hours is None else args.hours
    plan = Plan(args.scale, args.seed, args.runs)
    found = Found(finished(args.out))
    if args.dry_run:
        print(report.state(plan, found))
        return 0
    code = 0
    for part in plan.parts:
        jobs = plan.jobs(part, found)
        left = [job for job in jobs if job.name not in found.runs]
        if not left:
            continue
        hours = plan.hours(part) * len(left) / max(len(jobs), part.most_runs)
        if found.hours + hours > allowed:
            print(
                f"{part.kind} {part.model} is not begun: {found.hours:.2f} CPU-hours are used, it may take "
                f"{hours:.2f}, and {allowed:g} are allowed (--hours)"
            )
            break
        print(f"{part.kind} {part.model}: {part.what}", flush=True)
        code = sweep.run(jobs, args, base=base(), packed=True)
        found = Found(finished(args.out))
        _write(plan, found, args)
        if code:
            break
    _write(plan, found, args)
    if any(part.kind == "final" and part.model == "RLSTM" for part in report.finished(plan, found)):
        save("lengths", figures.lengths_figure(found, plan.extent), args.out)
    print(f"\n{report.page(plan, found)}\nwrote {args.out / PAGE}")
    return code


def _run_twins(args: argparse.Namespace) -> int:
    given = [f"--{name}" for name in ("runs", "hours") if getattr(args, name) is not None]
    if given:
        raise InputError(f"{', '.join(given)}: not with --mechanism, which is two runs")
    jobs = mechanism.jobs(args.scale, args.seed)
    code = sweep.run(jobs, args, base=base(), packed=True)
    runs = finished(args.out)
    if args.dry_run or len(runs) < len(jobs):
        return code
    text = mechanism_page.page(runs) + "\n"
    save("mechanism", figures.mechanism_figure(runs), args.out)
    write_text(args.out / PAGE, text)
    print(f"\n{text}\nwrote {args.out / PAGE}")
    return code


def _write(plan: Plan, found: Found, args: argparse.Namespace) -> None:
    write_text(args.out / PAGE, report.page(plan, found))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    arguments.add_scale(parser, "a minute to see how it goes, or the committed table")
    parser.set_defaults(seed=Plan("smoke").seed)
    parser.add_argument(
        "--hours",
        type=arguments.from_zero("H"),
        metavar="H",
        help=f"CPU-hours of all runs together; a part that may take more is not begun (default: {HOURS:g})",
    )
    parser.add_argument(
        "--mechanism",
        action="store_true",
        help="train one RLSTM with L2 on words and its twin without it, and draw how norms, gradients and "
        "loss go, minibatch by minibatch; the default folder is why-mechanism then",
    )
    sweep.add_arguments(parser, "experiments/results/why, or why-smoke")
