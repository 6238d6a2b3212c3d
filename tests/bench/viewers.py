"""Many people at once: simulated viewers over the websocket, each thinking between two looks.

A look asks for days that nobody has asked for, so that no answer is kept; its clock runs from the question to
script_finished. What a browser then draws is not in it: see clicks.py.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from streamlit.proto.Alert_pb2 import Alert
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException
from websockets.typing import Subprotocol

from tests.bench.figures import Figure, failed, percentile
from tests.bench.places import Place, places
from tests.bench.served import FAILED, Served, served

VIEWERS = (25, 50)
THINK = (15.0, 45.0)
"""Seconds between an answer and the next look, each length as likely: 30 on average."""
SECONDS = 180
"""How long the viewers stay."""
PATIENCE = 60
AIM_SECONDS, AIM_MB = 1.0, 1024
PAGES = ("executive", "teams")
FEWEST = 10
"""A page of fewer elements than this shows no figures."""
SMALL = "384MB"


@dataclass
class Looks:
    """What the viewers saw."""

    seconds: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=itertools.count)
    """Each look takes one: days that no other look asks for."""


def figures(database: Path, seconds: int = SECONDS) -> Iterator[Figure]:
    """A fresh server for each number of viewers; a last one with little memory for the database."""
    for viewers, settings in [*((viewers, {}) for viewers in VIEWERS), (VIEWERS[0], {"memory_limit": SMALL})]:
        try:
            yield from of(database, viewers, seconds, **settings)
        except (RuntimeError, ValueError, OSError) as error:
            yield failed(f"{viewers} viewers", error)


def of(database: Path, viewers: int, seconds: int, **settings: str) -> Iterator[Figure]:
    """The figures of so many viewers at a fresh server."""
    looks = Looks()
    with served(database, **settings) as server:
        first = asyncio.run(one_look(server, looks))
        start, before = time.monotonic(), server.cpu_seconds()
        client = time.process_time()
        asyncio.run(all_looking(server, viewers, seconds, looks))
        wall = time.monotonic() - start
        cpu, client = (server.cpu_seconds() - before) / wall, (time.process_time() - client) / wall
        resident = server.resident_mb()
        looks.errors += unseen(server.failures(), looks.errors)
    within = "".join(f", {name} {value}" for name, value in settings.items())
    who = f"{viewers} viewers, {sum(THINK) / 2:g} s think time{within}"
    if not settings:
        yield Figure(f"{who}: first page after the start", first, "s", None)
    yield Figure(f"{who}: p50 of {len(looks.seconds)} looks", percentile(looks.seconds, 50), "s", None)
    yield Figure(f"{who}: p95", percentile(looks.seconds, 95), "s", AIM_SECONDS, parts=looks.seconds)
    yield Figure(f"{who}: longest", max(looks.seconds), "s", None)
    yield Figure(f"{who}: errors", len(looks.errors), "", 0, parts=looks.errors)
    yield Figure(f"{who}: memory of the server at the end", resident, "MB", AIM_MB)
    yield Figure(f"{who}: processors busy, server", cpu, "", None)
    yield Figure(f"{who}: processors busy, simulated viewers", client, "", None)


async def one_look(server: Served, looks: Looks) -> float:
    """The very first page that a fresh server shows, in seconds."""
    async with asyncio.timeout(PATIENCE), session(server) as socket:
        return await look(socket, places()[0], next(looks.numbers), looks.errors)


async def all_looking(server: Served, viewers: int, seconds: int, looks: Looks) -> None:
    """All viewers, from their coming to their going."""
    end = time.monotonic() + seconds
    await asyncio.gather(*(viewing(server, random.Random(number), end, looks) for number in range(viewers)))


async def viewing(server: Served, chance: random.Random, end: float, looks: Looks) -> None:
    """One viewer: comes within one think time, looks, thinks, looks at other days or another page."""
    shown = [place for place in places() if place.page in PAGES]
    await asyncio.sleep(chance.uniform(0, THINK[1]))
    try:
        async with session(server) as socket:
            while time.monotonic() < end:
                async with asyncio.timeout(PATIENCE):
                    taken = await look(socket, chance.choice(shown), next(looks.numbers), looks.errors)
                looks.seconds.append(taken)
                await asyncio.sleep(chance.uniform(*THINK))
    except (TimeoutError, OSError, WebSocketException) as error:
        looks.errors.append(f"{type(error).__name__}: {error}")


def session(server: Served) -> connect:
    """A connection as a browser opens it."""
    address = f"ws://127.0.0.1:{server.port}/_stcore/stream"
    return connect(address, subprotocols=[Subprotocol("streamlit")], max_size=None, compression=None)


async def look(socket: ClientConnection, place: Place, number: int, errors: list[str]) -> float:
    """Seconds from the question to the end of the script; what failed within the page goes to `errors`."""
    asked = BackMsg()
    asked.rerun_script.query_string = place.query(number)
    asked.rerun_script.page_name = place.path()
    start = time.perf_counter()
    await socket.send(asked.SerializeToString())
    elements = 0
    while True:
        message = ForwardMsg.FromString(bytes(await socket.recv(decode=False)))
        kind = message.WhichOneof("type")
        if kind == "delta":
            elements += 1
            wrong = failure(message)
            if wrong:
                errors.append(f"{place.name}: {wrong}")
        elif kind == "page_not_found":
            errors.append(f"{place.name}: not found")
        elif kind == "script_finished" and message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
            break
    taken = time.perf_counter() - start
    if message.script_finished != ForwardMsg.FINISHED_SUCCESSFULLY or elements < FEWEST:
        errors.append(f"{place.name}: ended with {message.script_finished} after {elements} elements")
    return taken


def unseen(failures: list[str], errors: list[str]) -> list[str]:
    """The lines of the server's log whose reference no page showed."""
    said = " ".join(errors)
    return [line for line in failures if line.partition(FAILED)[2].split()[0] not in said]


def failure(message: ForwardMsg) -> str:
    """What an element says of a failure; nothing where it is none."""
    element = message.delta.new_element
    kind = element.WhichOneof("type")
    if kind == "exception":
        return f"{element.exception.type}: {element.exception.message}"
    if kind == "alert" and element.alert.format == Alert.ERROR:
        return element.alert.body
    return ""
