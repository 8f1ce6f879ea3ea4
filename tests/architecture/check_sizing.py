#!/usr/bin/env python3
"""Fails when a table of docs/sizing.md does not follow from config/cost-model.json.

check_sizing.py [--write]      --write puts the tables into the document

The shapes below are the document's examples. What is not in the cost model (headers, bit rates) is that of `tutti-bench size`."""
import difflib
import json
import math
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs/sizing.md"
MODEL = ROOT / "config/cost-model.json"

# IPv4, UDP, RTP with one extension, and an SRTP tag of AES-GCM.
HEADER_BYTES = 20 + 8 + 12 + 8 + 16
PACKET_BYTES = 1100
GIB = 2**30
NODE = {"cores": 8, "gbit": 10, "memory_gib": 16, "limit": 0.8}
FLEET = {"meeting": 2000, "webinar": 40, "bridge": 100, "composed": 50}


def flow(bit_rate, packets):
    return (packets, bit_rate + packets * HEADER_BYTES * 8)


def video(bit_rate, fps=30):
    return flow(bit_rate, math.ceil(bit_rate / 8 / fps / PACKET_BYTES) * fps)


def times(n, *flows):
    return (n * sum(f[0] for f in flows), n * sum(f[1] for f in flows))


VOICE = flow(32e3, 50)  # Opus, 20 ms; a mix is the same
SMALL, MIDDLE, LARGE = video(150e3), video(500e3), video(1500e3)  # 180p, 360p, 720p at 30 frames a second
SIMULCAST = (SMALL, MIDDLE, LARGE)
MPIX_360, MPIX_720 = 640 * 360 * 30 / 1e6, 1280 * 720 * 30 / 1e6

# Of one room: name, participants, tracks, what comes in, what goes out, mixes, Mpix/s decoded, composed, encoded.
SHAPES = {
    "meeting": ("meeting of 6", 6, 12, times(6, VOICE, *SIMULCAST), times(6, times(3, VOICE), LARGE, times(4, SMALL)), 0, 0, 0, 0),
    "webinar": ("webinar 1:500", 501, 2, times(1, VOICE, *SIMULCAST), times(500, VOICE, LARGE), 0, 0, 0, 0),
    "bridge": ("audio bridge of 300", 300, 300, times(300, VOICE), times(300, VOICE), 4, 0, 0, 0),
    "composed": ("composed 3 x 3, 20 watch", 29, 18, times(9, VOICE, MIDDLE), times(29, VOICE, LARGE), 4, 9 * MPIX_360, MPIX_720, MPIX_720),
}


def work_of(shape):
    name, people, tracks, into, out, mixes, decoded, composed, encoded = SHAPES[shape]
    return {"packets_in_per_s": into[0], "packets_out_per_s": out[0], "participants": people, "audio_mixes": mixes, "decoded_mpix_per_s": decoded,
            "composed_mpix_per_s": composed, "encoded_mpix_per_s": encoded, "tracks": tracks, "rooms": 1}


def cores(model, work, *terms):
    cost = model.get("cpu_cores", {})
    return sum(work[t] * cost.get(t, 0) for t in terms or work)


def memory(model, work):
    cost = model.get("memory_bytes", {})
    return sum(work[t] * cost.get(t, 0) for t in ("participants", "tracks", "rooms"))


def number(value, digits=0):
    return f"{value:,.{digits}f}"


def table(head, rows):
    return "\n".join(["| " + " | ".join(row) + " |" for row in [head, ["---"] * len(head), *rows]])


def load_table(model):
    rows = []
    for shape in SHAPES:
        w, (name, *_) = work_of(shape), SHAPES[shape]
        pictures = [w["decoded_mpix_per_s"], w["composed_mpix_per_s"], w["encoded_mpix_per_s"]]
        rows.append([name, number(w["participants"]), number(w["packets_in_per_s"]), number(w["packets_out_per_s"]), number(SHAPES[shape][4][1] / 1e6, 1),
                     number(w["audio_mixes"]), " / ".join(number(p) for p in pictures), number(w["tracks"])])
    return table(["room", "people", "packets/s in", "packets/s out", "Mbit/s out", "audio mixes", "Mpix/s decoded / composed / encoded", "tracks"], rows)


def price_table(model):
    units = {"packets_in_per_s": ("packet/s in", 1e6, "us of CPU"), "packets_out_per_s": ("packet/s out", 1e6, "us of CPU"),
             "participants": ("participant", 100, "% of a core"), "audio_mixes": ("audio mix", 100, "% of a core"),
             "decoded_mpix_per_s": ("Mpix/s decoded", 100, "% of a core"), "composed_mpix_per_s": ("Mpix/s composed", 100, "% of a core"),
             "encoded_mpix_per_s": ("Mpix/s encoded", 100, "% of a core"), "constant": ("the daemon itself", 100, "% of a core")}
    rows = [[text, f"{model.get('cpu_cores', {}).get(key, 0) * factor:.3g} {unit}"] for key, (text, factor, unit) in units.items()]
    things = {"participants": "participant", "tracks": "track", "rooms": "room", "constant": "the daemon itself"}
    rows += [[f"memory: {text}", f"{model.get('memory_bytes', {}).get(key, 0) / 1024:,.0f} KiB"] for key, text in things.items()]
    where = f"{model.get('machine')}, commit {model.get('commit') or 'unknown'}, {model.get('date')}, {model.get('suite')}; root of the mean square error " \
            f"{model.get('residual', {}).get('cpu_cores', 0):.3g} cores."
    return where + "\n\n" + table(["each", "costs"], rows)


def cost_table(model):
    rows = []
    for shape in SHAPES:
        w = work_of(shape)
        parts = [("packets_in_per_s",), ("packets_out_per_s",), ("participants",), ("audio_mixes",), ("decoded_mpix_per_s", "composed_mpix_per_s", "encoded_mpix_per_s")]
        rows.append([SHAPES[shape][0], *(number(cores(model, w, *p), 4) for p in parts), f"**{cores(model, w, *sum(parts, ())):.4f}**", number(memory(model, w) / 2**20, 1)])
    return table(["room", "in", "out", "people", "mixes", "pictures", "cores in all", "MiB"], rows)


def rooms_of_node(model, shape):
    """How many fit, and what they are bounded by."""
    w = work_of(shape)
    limit = NODE["limit"]
    bounds = {"processor": ((NODE["cores"] * limit - model.get("cpu_cores", {}).get("constant", 0)), cores(model, w)),
              "network": (NODE["gbit"] * limit * 1e9, SHAPES[shape][4][1]),
              "memory": (NODE["memory_gib"] * limit * GIB - model.get("memory_bytes", {}).get("constant", 0), memory(model, w))}
    fits = {name: math.floor(room / each) if each > 0 else math.inf for name, (room, each) in bounds.items()}
    scarce = min(fits, key=fits.get)
    return fits[scarce], scarce


def fleet_table(model):
    rows = []
    for shape, rooms in FLEET.items():
        fit, scarce = rooms_of_node(model, shape)
        nodes = math.ceil(rooms / fit)
        w = work_of(shape)
        rows.append([f"{rooms:,} x {SHAPES[shape][0]}", number(rooms * w["participants"]), number(rooms * cores(model, w), 1), f"{fit:,} ({scarce})", str(nodes),
                     f"**{nodes + 1}**", number(rooms * SHAPES[shape][4][1] / 1e9, 2), number(rooms * memory(model, w) / GIB, 1)])
    return table(["rooms at once", "people", "cores", "rooms on a node (bounded by)", "nodes", "with one to spare", "Gbit/s out", "GiB"], rows)


def core_table(model):
    """What a core at the limit of planning does if it does only one thing."""
    price = model.get("cpu_cores", {})
    out = NODE["limit"] / price["packets_out_per_s"]
    packets, bits = LARGE
    rows = [["packets/s sent, of video", number(out)], ["receivers of 720p", number(out / packets)], ["of these, Gbit/s", number(out / packets * bits / 1e9, 1)]]
    if price.get("audio_mixes"):
        rows.append(["audio mixes", number(NODE["limit"] / price["audio_mixes"])])
    if price.get("encoded_mpix_per_s"):
        rows.append(["720p30 pictures encoded", number(NODE["limit"] / price["encoded_mpix_per_s"] / MPIX_720, 1)])
    return table(["of one core, and nothing else", "at 80 %"], rows)


TABLES = {"core": core_table, "loads": load_table, "prices": price_table, "costs": cost_table, "fleet": fleet_table}


def main():
    model = json.loads(MODEL.read_text())
    text = DOCUMENT.read_text()
    wanted = text
    for name, make in TABLES.items():
        block = re.compile(rf"(<!-- {name}:[^\n]*-->\n).*?(<!-- end -->)", re.S)
        if len(block.findall(wanted)) != 1:
            print(f"{DOCUMENT}: there must be one table \"{name}\"", file=sys.stderr)
            return 1
        wanted = block.sub(lambda m: m.group(1) + make(model) + "\n" + m.group(2), wanted)
    if wanted == text:
        return 0
    if "--write" in sys.argv:
        DOCUMENT.write_text(wanted)
        return 0
    difference = difflib.unified_diff(text.splitlines(), wanted.splitlines(), str(DOCUMENT.relative_to(ROOT)), str(MODEL.relative_to(ROOT)), n=0, lineterm="")
    print("\n".join(difference), file=sys.stderr)
    print("put the tables right with: python3 tests/architecture/check_sizing.py --write", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
