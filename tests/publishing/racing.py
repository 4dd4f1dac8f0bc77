"""Races for the same files, between processes that know nothing of each other."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier

from maintenance.publishing.files import Files

START_SECONDS = 30

MakeFiles = Callable[[], Files]
Tags = Mapping[str, str | None]
"""The files that are raced for, each with the tag that all racers read before."""


@dataclass(frozen=True, slots=True)
class Race:
    """Who believes to have won, and whose bytes are there afterwards."""

    winners: tuple[int, ...]
    stored: bytes


def bytes_of(racer: int) -> bytes:
    return b"written by racer %d" % racer


def race(make: MakeFiles, tags: Tags, *, racers: int) -> list[Race]:
    """Let processes start together, once for every file, and return what came out."""
    # Fork would share what this process has open; real publishers share nothing.
    context = multiprocessing.get_context("spawn")
    results: Queue[tuple[int, list[str]]] = context.Queue()
    barrier = context.Barrier(racers)
    processes = [
        context.Process(target=run, args=(make, tags, number, barrier, results))
        for number in range(racers)
    ]
    for process in processes:
        process.start()
    won = dict(results.get(timeout=START_SECONDS) for _ in processes)
    for process in processes:
        process.join()
    files = make()
    return [
        Race(
            tuple(number for number in range(racers) if name in won[number]),
            files.read_bytes(name),
        )
        for name in tags
    ]


def run(
    make: MakeFiles,
    tags: Tags,
    number: int,
    barrier: Barrier,
    results: Queue[tuple[int, list[str]]],
) -> None:
    """Be one racer."""
    files = make()
    # What is prepared at the first write must not decide the race.
    files.replace(f"warm-up-{number}", b"", tag=None)
    won = []
    for name, tag in tags.items():
        barrier.wait(START_SECONDS)
        try:
            files.replace(name, bytes_of(number), tag=tag)
        except OSError:
            continue
        won.append(name)
    results.put((number, won))
