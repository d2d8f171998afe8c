#!/usr/bin/env python3
"""A second implementation of TW1 that checks the vectors beside it. Standard library only; written from docs/tile-work.md, not from the C#.

Run: python3 check.py. It prints one line a file and ends with 1 if a value differs.
"""
import json
import os
import struct
import sys
from hashlib import sha256

FOLDER = os.path.dirname(os.path.abspath(__file__))
TILE, SEGMENT = 32, 1024


# --- AES-256, FIPS 197 -------------------------------------------------------------------------------------------------------------------

def _times2(x):
    return ((x << 1) ^ (0x11B if x & 0x80 else 0)) & 0xFF


def _sbox():
    box, p, q = [0x63] * 256, 1, 1
    while True:
        p ^= _times2(p)
        for shift in (1, 2, 4):
            q ^= (q << shift) & 0xFF
        q ^= 0x09 if q & 0x80 else 0
        x = 0x63
        for turn in range(5):
            x ^= ((q << turn) | (q >> (8 - turn))) & 0xFF
        box[p] = x
        if p == 1:
            return box


SBOX = _sbox()
# Column j of a round: the words that the byte of row 0, 1, 2, 3 adds.
ROUND = [[], [], [], []]
for _s in SBOX:
    _2, _3 = _times2(_s), _times2(_s) ^ _s
    for _row, _column in enumerate(((_2, _s, _s, _3), (_3, _2, _s, _s), (_s, _3, _2, _s), (_s, _s, _3, _2))):
        ROUND[_row].append(int.from_bytes(bytes(_column), "big"))


class Aes256:
    def __init__(self, key):
        words, constant = list(struct.unpack(">8I", key)), 1
        for i in range(8, 60):
            word = words[-1]
            if i % 8 == 0:
                word = self._substitute(((word << 8) | (word >> 24)) & 0xFFFFFFFF) ^ (constant << 24)
                constant = _times2(constant)
            elif i % 8 == 4:
                word = self._substitute(word)
            words.append(words[i - 8] ^ word)
        self._words = words

    @staticmethod
    def _substitute(word):
        return int.from_bytes(bytes(SBOX[x] for x in word.to_bytes(4, "big")), "big")

    def encrypt(self, block):
        key, (t0, t1, t2, t3) = self._words, ROUND
        s = [x ^ k for x, k in zip(struct.unpack(">4I", block), key)]
        for i in range(4, 56, 4):
            s = [t0[s[j] >> 24] ^ t1[s[(j + 1) & 3] >> 16 & 255] ^ t2[s[(j + 2) & 3] >> 8 & 255] ^ t3[s[(j + 3) & 3] & 255] ^ key[i + j]
                 for j in range(4)]
        last = [SBOX[s[j] >> 24] << 24 | SBOX[s[(j + 1) & 3] >> 16 & 255] << 16 | SBOX[s[(j + 2) & 3] >> 8 & 255] << 8
                | SBOX[s[(j + 3) & 3] & 255] for j in range(4)]
        return struct.pack(">4I", *[x ^ key[56 + j] for j, x in enumerate(last)])


# --- TW1 ---------------------------------------------------------------------------------------------------------------------------------

def u16(x):
    return struct.pack("<H", x)


def u32(x):
    return struct.pack("<I", x)


def u64(x):
    return struct.pack("<Q", x)


def hash_of(*parts):
    return sha256(b"".join(parts)).digest()


def blocks(dimension):
    return -(-dimension // TILE)


def signed(data):
    return [x - 256 if x > 127 else x for x in data]


def unsigned(numbers):
    return bytes(x & 255 for x in numbers)


class Matrix:
    """A stored matrix: row-major numbers, and its tree as levels from the leaves to the root."""

    def __init__(self, rows, columns, numbers):
        self.rows, self.columns, self.numbers = rows, columns, numbers
        level = [hash_of(b"\0", self.block(i)) for i in range(blocks(rows) * blocks(columns))]
        while len(level) & (len(level) - 1):
            level.append(bytes(32))
        self.levels = [level]
        while len(level) > 1:
            level = [hash_of(b"\1", level[i], level[i + 1]) for i in range(0, len(level), 2)]
            self.levels.append(level)
        self.root = level[0]
        self.tag = hash_of(b"TW1/mat", u32(rows), u32(columns), self.root)

    def block(self, leaf):
        row, column = (TILE * x for x in divmod(leaf, blocks(self.columns)))
        out = bytearray()
        for i in range(row, row + TILE):
            line = self.numbers[i * self.columns + column:i * self.columns + min(column + TILE, self.columns)] if i < self.rows else []
            out += unsigned(line) + bytes(TILE - len(line))
        return bytes(out)


class Noise:
    def __init__(self, seed, rank):
        self.aes, self.rank = Aes256(seed), rank

    def stream(self, domain, index):
        counter = 0
        while True:
            yield from self.aes.encrypt(u32(domain) + u32(index) + u64(counter))
            counter += 1

    def row(self, index):
        stream = self.stream(1, index)
        return [(next(stream) & 63) - 32 for _ in range(self.rank)]

    def permutation(self, strip):
        order, stream = list(range(self.rank)), self.stream(2, strip)
        for q in range(self.rank - 1, 0, -1):
            while True:
                word = next(stream) + 256 * next(stream)
                if word < 65536 // (q + 1) * (q + 1):
                    break
            other = word % (q + 1)
            order[q], order[other] = order[other], order[q]
        return order

    def of(self, row, order):
        values = [row[p] for p in order]
        return [values[0]] + [x - y for x, y in zip(values[1:], values)]


def padded(k):
    return -(-k // 512) * 512


def rank_of(k):
    return 32 if padded(k) < 4096 else 64


def seeds_of(v, sigma, tag_a, tag_b, binding):
    m, n, k = u32(v["m"]), u32(v["n"]), u32(v["k"])
    rank = u32(rank_of(v["k"]))
    seed_b = hash_of(b"TW1/b", sigma, tag_b, k, n, rank, bytes([v["transB"]]))
    seed_a = hash_of(b"TW1/a", seed_b, tag_a, m, k, n, rank, bytes([v["transA"]]), binding)
    return seed_a, seed_b


def ticket_of(key, state, i, j, g):
    return hash_of(key, *[u32(w) for w in state], u32(i), u32(j), u32(g))


def tile_state(a, b, length, rank):
    """a, b: 32 noised vectors along k each."""
    state = [0] * 16
    sums = [[0] * TILE for _ in range(TILE)]
    for start in range(0, length, rank):
        state = [(w << 7 | w >> 25) & 0xFFFFFFFF for w in state]
        rows = [x[start:start + rank] for x in a]
        columns = [x[start:start + rank] for x in b]
        for u, x in enumerate(rows):
            line = sums[u]
            for j, y in enumerate(columns):
                line[j] += sum(map(int.__mul__, x, y))
                state[j % 16] ^= line[j] & 0xFFFFFFFF
    return state


def noised(vectors, seed, rank, tile, g, length):
    noise = Noise(seed, rank)
    orders = [noise.permutation((g * SEGMENT) // rank + t) for t in range(length // rank)]
    out = []
    for index, vector in enumerate(vectors):
        row = noise.row(tile * TILE + index)
        added = [x for order in orders for x in noise.of(row, order)]
        out.append([x + y for x, y in zip(vector, added)])
    return out


class Layout:
    """Where the opened blocks of a tile lie."""

    def __init__(self, v, i, j, g):
        inner, wide, high = blocks(v["k"]), blocks(v["n"]), blocks(v["m"])
        opened = range(g * SEGMENT // TILE, min(inner, (g + 1) * SEGMENT // TILE))
        self.count, self.length = len(opened), min(SEGMENT, padded(v["k"]) - g * SEGMENT)
        self.leaves_a = [l * high + i if v["transA"] else i * inner + l for l in opened]
        self.leaves_b = [j * inner + l if v["transB"] else l * wide + j for l in opened]
        self.size_a = (v["k"], v["m"]) if v["transA"] else (v["m"], v["k"])
        self.size_b = (v["n"], v["k"]) if v["transB"] else (v["k"], v["n"])
        # k runs down the rows of a stored block.
        self.down_a, self.down_b = v["transA"], not v["transB"]

    def vectors(self, strip, down):
        """The 32 vectors along k of opened blocks; what is not opened is zero."""
        numbers, out = signed(strip), []
        for vector in range(TILE):
            line = []
            for start in range(0, len(numbers), TILE * TILE):
                line += numbers[start + vector:start + TILE * TILE:TILE] if down else numbers[start + vector * TILE:start + (vector + 1) * TILE]
            out.append(line + [0] * (self.length - len(line)))
        return out


def siblings(leaves, width):
    """Indices of the siblings of a proof, level by level."""
    out, known = [], list(leaves)
    while width > 1:
        out.append([i ^ 1 for i in known if i ^ 1 not in known])
        known = sorted({i // 2 for i in known})
        width //= 2
    return out


def root_from(leaves, hashes, proof, width):
    """The root, and what is left of the proof."""
    known, proof = dict(zip(leaves, hashes)), list(proof)
    while width > 1:
        for i in sorted(known):
            if i ^ 1 not in known:
                known[i ^ 1] = proof.pop(0)
        known = {i // 2: hash_of(b"\1", known[i], known[i + 1]) for i in known if i % 2 == 0}
        width //= 2
    return known[0], proof


def width_of(size):
    count, width = blocks(size[0]) * blocks(size[1]), 1
    while width < count:
        width *= 2
    return width


def build_witness(v, a, b, i, j, g):
    layout = Layout(v, i, j, g)
    out = b"".join([a.block(x) for x in layout.leaves_a] + [b.block(x) for x in layout.leaves_b])
    for matrix, leaves in ((a, layout.leaves_a), (b, layout.leaves_b)):
        for level, nodes in zip(matrix.levels, siblings(leaves, len(matrix.levels[0]))):
            out += b"".join(level[x] for x in nodes)
    return out


def check_blocks(strip, leaves, size):
    rows, columns = size
    for index, leaf in enumerate(leaves):
        row, column = (TILE * x for x in divmod(leaf, blocks(columns)))
        block = signed(strip[index * 1024:(index + 1) * 1024])
        for r in range(TILE):
            used = min(TILE, columns - column) if row + r < rows else 0
            line = block[r * TILE:(r + 1) * TILE]
            if any(line[used:]):
                return "NonZeroPadding"
            if any(not -64 <= x <= 63 for x in line[:used]):
                return "OperandOutOfRange"
    return None


def verify(data, witness, sigma, binding, target):
    """The code of the first check that fails, or Ok; and the ticket once the public data is good."""
    if len(witness) > 96 * 1024:
        return "TooLarge", None
    if len(data) != 187 or data[2] & ~7:
        return "Malformed", None
    version, flags, m, n, k = struct.unpack_from("<HBIII", data)
    root_a, root_b = data[15:47], data[47:79]
    i, j, g, *state = struct.unpack_from("<19I", data, 79)
    if max(m, n, k) >= 1 << 31:
        return "BadWorkShape", None
    if max(i, j, g) >= 1 << 31:
        return "BadTile", None
    if version != 1:
        return "WrongVersion", None
    if bool(flags & 4) != any(binding) or data[155:] != binding:
        return "BadBinding", None
    if not (1 <= k <= 8192 and 1 <= m <= 1 << 17 and 1 <= n <= 1 << 17) or blocks(m) * blocks(n) * 1024 * padded(k) > 1 << 44:
        return "BadWorkShape", None
    if i >= blocks(m) or j >= blocks(n) or g * SEGMENT >= padded(k):
        return "BadTile", None
    v = {"m": m, "n": n, "k": k, "transA": flags & 1 > 0, "transB": flags & 2 > 0}
    layout, rank = Layout(v, i, j, g), rank_of(k)
    limit = target * 1024 * layout.length
    if target <= 0 or limit >= 1 << 256:
        return "OutOfRange", None
    tag_a = hash_of(b"TW1/mat", u32(layout.size_a[0]), u32(layout.size_a[1]), root_a)
    tag_b = hash_of(b"TW1/mat", u32(layout.size_b[0]), u32(layout.size_b[1]), root_b)
    seed_a, seed_b = seeds_of(v, sigma, tag_a, tag_b, binding)
    ticket = ticket_of(hash_of(b"TW1/ticket", seed_a), state, i, j, g)
    if int.from_bytes(ticket, "big") > limit:
        return "TicketAboveTarget", None
    strip = layout.count * 1024
    wide_a, wide_b = width_of(layout.size_a), width_of(layout.size_b)
    count_a = sum(map(len, siblings(layout.leaves_a, wide_a)))
    count_b = sum(map(len, siblings(layout.leaves_b, wide_b)))
    if len(witness) != 2 * strip + 32 * (count_a + count_b):
        return "Malformed", ticket
    a, b = witness[:strip], witness[strip:2 * strip]
    fault = check_blocks(a, layout.leaves_a, layout.size_a) or check_blocks(b, layout.leaves_b, layout.size_b)
    if fault:
        return fault, ticket
    proof = [witness[x:x + 32] for x in range(2 * strip, len(witness), 32)]
    for part, leaves, width, root in ((a, layout.leaves_a, wide_a, root_a), (b, layout.leaves_b, wide_b, root_b)):
        hashes = [hash_of(b"\0", part[x:x + 1024]) for x in range(0, strip, 1024)]
        found, proof = root_from(leaves, hashes, proof, width)
        if found != root:
            return "BadOpening", ticket
    rows = noised(layout.vectors(a, layout.down_a), seed_a, rank, i, g, layout.length)
    columns = noised(layout.vectors(b, layout.down_b), seed_b, rank, j, g, layout.length)
    return ("Ok" if tile_state(rows, columns, layout.length, rank) == state else "WrongTileState"), ticket


# --- the files ---------------------------------------------------------------------------------------------------------------------------

class Mismatch(Exception):
    pass


def same(v, what, actual, expected):
    actual = actual.hex() if isinstance(actual, bytes) else actual
    if actual != expected:
        raise Mismatch(f"{v['name']}: {what} is {actual}, not {expected}")


def raw(v, name):
    return bytes.fromhex(v[name])


def check_commitments(v):
    matrix = Matrix(v["rows"], v["columns"], signed(raw(v, "data")))
    same(v, "root", matrix.root, v["root"])
    same(v, "tag", matrix.tag, v["tag"])


def check_seeds(v):
    def number(name):
        return u64(int(v[name]))

    kind = v["kind"]
    if kind == "unboundSigma":
        same(v, "sigma", hash_of(b"TW1/sigma", b"\0", number("chainId"), raw(v, "header")), v["sigma"])
    elif kind == "boundSigma":
        parts = [number("chainId"), number("height"), raw(v, "previousHash"), u32(int(v["bits"], 16)), raw(v, "leaseId"), raw(v, "minerKey")]
        same(v, "sigma", hash_of(b"TW1/sigma", b"\1", *parts), v["sigma"])
    elif kind == "leaseId":
        same(v, kind, hash_of(b"TW1/lease", raw(v, "job"), number("unit"), number("attempt")), v[kind])
    elif kind == "binding":
        same(v, kind, hash_of(b"TW1/bind", raw(v, "leaseId"), raw(v, "job"), number("step"), u32(v["operation"])), v[kind])
    elif kind == "nullifier":
        same(v, kind, hash_of(b"TW1/op", raw(v, "job"), number("step"), u32(v["operation"])), v[kind])
    elif kind == "operandDigest":
        same(v, kind, hash_of(b"TW1/operands", raw(v, "tagA"), raw(v, "tagB")), v[kind])
    elif kind == "seeds":
        seed_a, seed_b = seeds_of(v, raw(v, "sigma"), raw(v, "tagA"), raw(v, "tagB"), raw(v, "binding"))
        same(v, "rank", rank_of(v["k"]), v["rank"])
        same(v, "seedB", seed_b, v["seedB"])
        same(v, "seedA", seed_a, v["seedA"])
        same(v, "ticketKey", hash_of(b"TW1/ticket", seed_a), v["ticketKey"])
    else:
        raise Mismatch(f"unknown kind {kind}")


def check_noise(v):
    noise = Noise(raw(v, "seed"), v["rank"])
    if v["kind"] == "row":
        same(v, "row", noise.row(v["index"]), v["values"])
    elif v["kind"] == "permutation":
        same(v, "permutation", noise.permutation(v["index"]), v["values"])
    else:
        added = noise.of(noise.row(v["row"]), noise.permutation(v["index"]))
        same(v, "strip", [x + y for x, y in zip(v["before"], added)], v["values"])


def operands(v):
    m, n, k = v["m"], v["n"], v["k"]
    a = [[((31 * i + 17 * l) % 127) - 63 for l in range(k)] for i in range(m)]
    b = [[((13 * l + 7 * j) % 127) - 63 for j in range(n)] for l in range(k)]
    a = list(map(list, zip(*a))) if v["transA"] else a
    b = list(map(list, zip(*b))) if v["transB"] else b
    return [Matrix(len(x), len(x[0]), [y for row in x for y in row]) for x in (a, b)]


PRODUCTS = {}


def check_products(v):
    a, b = operands(v)
    PRODUCTS[v["name"]] = (v, a, b)
    sigma, binding = hash_of(b"TW1/sigma", b"\0", u64(int(v["chainId"])), raw(v, "header")), raw(v, "binding")
    seed_a, seed_b = seeds_of(v, sigma, a.tag, b.tag, binding)
    rank = rank_of(v["k"])
    for name, value in (("rootA", a.root), ("tagA", a.tag), ("rootB", b.root), ("tagB", b.tag), ("sigma", sigma), ("seedA", seed_a), ("seedB", seed_b)):
        same(v, name, value, v[name])
    same(v, "rank", rank, v["rank"])
    same(v, "u0", Noise(seed_a, rank).row(0), v["u0"])
    same(v, "pi0", Noise(seed_a, rank).permutation(0), v["pi0"])
    for tile in v["tiles"]:
        i, j, g = tile["i"], tile["j"], tile["g"]
        layout = Layout(v, i, j, g)
        rows = layout.vectors(b"".join(map(a.block, layout.leaves_a)), layout.down_a)
        columns = layout.vectors(b"".join(map(b.block, layout.leaves_b)), layout.down_b)
        state = tile_state(noised(rows, seed_a, rank, i, g, layout.length), noised(columns, seed_b, rank, j, g, layout.length), layout.length, rank)
        same(v, "state", [f"{w:08x}" for w in state], tile["state"])
        same(v, "ticket", ticket_of(hash_of(b"TW1/ticket", seed_a), state, i, j, g), tile["ticket"])


def check_tickets(v):
    same(v, "ticket", ticket_of(raw(v, "ticketKey"), [int(w, 16) for w in v["state"]], v["i"], v["j"], v["g"]), v["ticket"])


def encode_target(target):
    length = (target.bit_length() + 7) // 8
    digits = target << 8 * (3 - length) if length <= 3 else target >> 8 * (length - 3)
    if digits & 0x800000:
        digits, length = digits >> 8, length + 1
    return length << 24 | digits


def decode_target(bits):
    length, digits = bits >> 24, bits & 0x7FFFFF
    target = digits >> 8 * (3 - length) if length <= 3 else digits << 8 * (length - 3)
    good = not bits & 0x800000 and 0 < target < 1 << 256 and encode_target(target) == bits
    return target if good else None


def wide(number):
    return None if number is None else f"{number:064x}"


def check_targets(v):
    target = int(v["target"], 16) if v["target"] else None
    if v["kind"] == "decode":
        same(v, "target", wide(decode_target(int(v["bits"], 16))), v["target"])
    elif v["kind"] == "encode":
        same(v, "bits", f"{encode_target(target):08x}", v["bits"])
    elif v["kind"] == "threshold":
        limit = target * int(v["macs"])
        same(v, "threshold", wide(limit if target > 0 and limit < 1 << 256 else None), v["threshold"])
    else:
        same(v, "work", str((1 << 256) // (target + 1)), v["work"])


def check_asert(v):
    def number(name):
        return int(v[name])

    ideal = number("blockTime") * (number("parentHeight") - number("anchorHeight") + 1)
    error = (number("parentTime") - number("anchorParentTime") - ideal) << 16
    exponent = abs(error) // number("halfLife") * (1 if error >= 0 else -1)
    shifts, fraction = exponent >> 16, exponent & 65535
    factor = 65536 + ((195766423245049 * fraction + 971821376 * fraction ** 2 + 5127 * fraction ** 3 + (1 << 47)) >> 48)
    target = decode_target(int(v["anchorBits"], 16)) * factor
    target = target << (shifts - 16) if shifts >= 16 else target >> (16 - shifts)
    target = max(1, min(target, decode_target(int(v["powLimitBits"], 16))))
    same(v, "bits", f"{encode_target(target):08x}", v["bits"])


CERTIFICATES = {}


def check_certificates(v):
    if "base" in v:
        parts = dict(zip(("publicData", "witness"), map(bytearray, CERTIFICATES[v["base"]])))
        for change in v["changes"]:
            patch = raw(change, "bytes")
            parts[change["part"]][change["at"]:change["at"] + len(patch)] = patch
        data, witness = bytes(parts["publicData"]), bytes(parts["witness"])
    else:
        product, a, b = PRODUCTS[v["product"]]
        data = raw(v, "publicData")
        witness = build_witness(product, a, b, *struct.unpack_from("<3I", data, 79))
        CERTIFICATES[v["name"]] = (data, witness)
        same(v, "witness", witness, v.get("witness", witness.hex()))
        same(v, "witnessBytes", len(witness), v["witnessBytes"])
        same(v, "witnessSha256", hash_of(witness), v["witnessSha256"])
        same(v, "commitment", hash_of(hash_of(data[:2], data)), v["commitment"])
    result, ticket = verify(data, witness, raw(v, "sigma"), raw(v, "binding"), int(v["target"], 16))
    same(v, "result", result, v["result"])
    if result == "Ok":
        same(v, "ticket", ticket, v["ticket"])


def check_commons(v):
    for name, operand, length in (("A", 0, v["m"] * v["k"]), ("B", 1, v["k"] * v["n"])):
        numbers, counter = [], 0
        while len(numbers) < length:
            digest = hash_of(b"TW1/commons", u64(int(v["seed"])), bytes([operand]), u64(counter))
            numbers += [(x & 127) - 63 for x in digest if x & 127 != 127]
            counter += 1
        numbers = numbers[:length]
        same(v, "first entries of " + name, numbers[:16], v["first" + name])
        same(v, name, hash_of(unsigned(numbers)), v["sha256" + name])


def main():
    known = Aes256(bytes(range(32))).encrypt(bytes.fromhex("00112233445566778899aabbccddeeff"))
    assert known.hex() == "8ea2b7ca516745bfeafc49904b496089", "AES-256 is wrong (FIPS 197, C.3)"
    checks = {name[6:]: check for name, check in globals().items() if name.startswith("check_") and name != "check_blocks"}
    total, faults = 0, 0
    # Certificates refer to products.
    for name in sorted(checks, key=lambda x: (x == "certificates", x)):
        with open(os.path.join(FOLDER, name + ".json"), encoding="utf-8") as file:
            vectors = json.load(file)["vectors"]
        for v in vectors:
            try:
                checks[name](v)
            except Mismatch as fault:
                faults += 1
                print(f"{name}: {fault}")
        total += len(vectors)
        print(f"{name}: {len(vectors)}")
    print(f"{total} vectors, {faults} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
