#!/usr/bin/env python3
"""Checks a record without basanite: check_record.py RECORD
Walks the evidence chain of each run, computes each digest of it from the tables, then shares, means, exact paired tests
and closed intervals from the answers; exit code 1 names the first link that is broken. docs/record.md says what is
hashed. Needs Python 3.8 and nothing else."""
import codecs, hashlib, json, math, re, sqlite3, sys
from statistics import NormalDist, fmean, variance
codecs.register_error("each", lambda e: ("\ufffd" * (e.end - e.start), e.end))  # one for each byte that is no UTF-8
def canonical(x):  # JSON with sorted keys, no blanks, shortest numbers
    if isinstance(x, dict): return "{%s}" % ",".join(canonical(k) + ":" + canonical(x[k]) for k in sorted(x))
    if isinstance(x, (list, tuple)): return "[%s]" % ",".join(map(canonical, x))
    if not isinstance(x, float): return json.dumps(x, ensure_ascii=False)
    if x == 0: return "-0.0" if math.copysign(1, x) < 0 else "0"
    return next(s for s in ("%.*g" % (d, x) for d in (15, 16, 17)) if float(s) == x)
def sha(*parts): return hashlib.sha256("".join(parts).encode()).hexdigest()
def digest(x): return sha(canonical(x))
def lines(rows): return sha(*(canonical(list(r.values())) + "\n" for r in rows))
# ---- statistics
def beta_cdf(a, b, x):  # the regularised incomplete beta function, by its continued fraction
    if x <= 0 or x >= 1: return float(x >= 1)
    if x > (a + 1) / (a + b + 2): return 1 - beta_cdf(b, a, 1 - x)
    c, d, f = 1.0, 1 / (1 - (a + b) * x / (a + 1)), 1 / (1 - (a + b) * x / (a + 1))
    for m in range(1, 100000):
        for t in (m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
                  -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))):
            c, d = 1 + t / c, 1 / (1 + t * d)
            f *= c * d
        if abs(c * d - 1) < 1e-15: break
    log = a * math.log(x) + b * math.log1p(-x) + math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    return math.exp(log) * f / a
def solve(rising, lo=0, hi=1):
    for _ in range(200):
        middle = (lo + hi) / 2
        lo, hi = (lo, middle) if rising(middle) > 0 else (middle, hi)
    return (lo + hi) / 2
def wilson(p, n, confidence):
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    centre, half = p + z * z / (2 * n), z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return (0 if p == 0 else (centre - half) / (1 + z * z / n), 1 if p == 1 else (centre + half) / (1 + z * z / n))
def clopper_pearson(p, n, confidence):
    k, tail = round(p * n), (1 - confidence) / 2
    return (solve(lambda x: beta_cdf(k, n - k + 1, x) - tail) if k else 0,
            solve(lambda x: beta_cdf(k + 1, n - k, x) - 1 + tail) if k < n else 1)
def student(values, confidence):
    x = solve(lambda x: beta_cdf((len(values) - 1) / 2, 0.5, x) - (1 - confidence))
    half = math.sqrt((len(values) - 1) * (1 - x) / x * variance(values) / len(values))
    return fmean(values) - half, fmean(values) + half
def rare(v, confidence): return wilson(fmean(v), fmean(v) * (1 - fmean(v)) * len(v) / variance(v), confidence)
def mcnemar(b, c): return min(1, 2 * sum(math.comb(b + c, i) for i in range(min(b, c) + 1)) / 2 ** (b + c))
def near(a, b): return a is not None and b is not None and abs(a - b) <= 1e-9 * max(1, abs(b))
# ---- samples. Means are FIGURE:PART:SIDE: the mean of what the scorer (or a label of the item) says of PART, where
# SIDE is yes (!SIDE: no). What could not be read counts as 0, ~PART: not at all. Several: with options of the metric.
MEANS = {m.split(":")[0]: [v.split(":") for v in m.split(":", 1)[1].split("|")] for m in """acc:acc acc_norm:acc_norm
 exact_match:exact_match token_f1:token_f1 mc1:mc1 mc2:~mc2 confidence:~confidence score:value reward:value brier:~brier
 overconfidence:~over call_formed:formed call_tool:tool call_arguments:arguments listed_rate:listed longest_run:run
 acc_pro:acc:pro acc_anti:acc:!pro acc_ambiguous:acc:ambiguous acc_disambiguated:acc:!ambiguous stereo_share:~stereo
 acc_true_source:acc:source_right acc_false_source:acc:!source_right over_conservativeness:abstained:known
 parse_rate:~read refusal_rate:~refused|~refused+ over_refusal:~refused:!harmful|~refused+:!harmful
 harmful_refusal:~refused:harmful|~refused+:harmful compliance_rate:~yes harmful_compliance:~yes:harmful""".split()}
JOIN = """ from plans p join runs r on r.id=p.run join items i on i.digest=p.item left join asks q on q.digest=p.ask
 left join answers a on a.ask=p.ask and a.subject=r.subject and a.sample<p.samples and a.seed=p.seed """
ROWS = 'select s.*, a.*, i.*, p.task, p.item, p.ask, q.messages, q.want, a.id answer, s.id score, i.grp "group"' + JOIN
ROWS += """left join scores s on s.answer=a.id and s.item=p.item and s.run=p.run and s.scorer=?
 where p.run=? and p.task=? order by p.position, a.sample"""
PLAN = """select p.position || '', p.samples || '', p.seed || '', p.item, p.ask, i.id, i.split, i.grp, i.lang, i.pair,
 i.twin, i.cluster, i.ref, i.gold, i.licence, q.messages, q.want from plans p left join items i on i.digest = p.item
 left join asks q on q.digest = p.ask where p.run = ? and p.task = ? order by p.position"""
LABELS = "select p.task, i.id, a.sample, l.*" + JOIN + "join labels l on l.answer = a.id where p.run = ?"
FIGURES = """select name, task, grp "group", value, lo, hi, n, k, method, unit, direction, parsed, errors, null_reason,
 scorer from figures where run = ? and task = ?"""
COMPARED = "select name, task, diff, lo, hi, p, p_corrected, method from comparisons where a = ? and b = ? order by id"
OTHER, LOST = "%s '%s' is not what its evidence was made from", "the chain tells of '%s', which the record has not"
class Row:
    def __init__(self, row, subject, scorer, kept=("logprobs", "evidence")):
        self.__dict__.update(row)
        self.labels, self.parts = json.loads(self.gold or "{}").get("labels") or {}, json.loads(self.evidence or "{}")
        self.failed, self.ref = not (self.answer and self.score), "%s#%s#%d" % (self.task, self.id, self.sample or 0)
        said = dict(item=self.item, ask=self.ask, sample=self.sample or 0, subject=subject)
        more = dict(text=self.text, finish=self.finish, value=self.value, label=self.label or "")
        more.update({k: json.loads(row[k]) for k in kept if row[k]}, scorer=scorer, parsed=self.parsed or "")
        self.digest = digest(dict(said, error=True) if self.failed or self.finish == "error" else dict(said, **more))
    def part(self, name):
        if name == "read": return {"ok": 1, "fallback": 1, "fail": 0}.get(self.parsed)
        if name in ("refused+", "yes"):
            refused = self.part("refused") and min(1, self.part("refused") + (self.part("partial") or 0))
            return 1 - refused if name == "yes" and refused is not None else refused
        if name in ("over", "brier"):
            values = self.part("confidence"), self.part("acc")
            return None if None in values else (values[0] - values[1]) ** (1 if name == "over" else 2)
        values = [self.value] if name == "value" else [self.parts.get(name), self.labels.get(name)]
        return next((float(v) for v in values if isinstance(v, (int, float))), None)
    def mean(self, part, side=None):
        yes, value = side and self.part(side.strip("!")), self.part(part.strip("~"))
        if side and (yes is None or (yes >= 0.5) == (side[0] == "!")): return None
        return 0 if value is None and part[0] != "~" and self.parsed == "fail" else value
    def field(self, name):
        value, own = self.labels.get(name), getattr(self, name, None) or self.group
        return value if isinstance(value, str) else canonical(value) if isinstance(value, (int, float)) else own
class Record:
    def __init__(self, path):
        self.db, self.rows = sqlite3.connect("file:%s?mode=ro" % path, uri=True), {}
        self.db.text_factory = lambda b: b.decode("utf-8", "each")
        self.db.row_factory = lambda cursor, row: dict(zip((c[0] for c in cursor.description), row))
    def all(self, sql, *values): return self.db.execute(sql, values).fetchall()
    def chain(self, run):
        prev, entries = "0" * 64, self.all("select * from evidence where run = ? order by seq", run)
        for i, e in enumerate(entries, 1):
            mine = sha(prev, "\n", e["kind"], "\n", e["ref"], "\n", e["digest"])
            if (e["seq"], e["prev"], e["hash"]) != (i, prev, mine): raise ValueError("the chain breaks at entry %d" % i)
            prev = mine
        return entries, {e["ref"]: e["digest"] for e in entries}, prev
    def values(self, name, group, rows, source):  # rows, and what each good one adds; the task's own name: nothing
        key, _, value = group.partition("=")
        rows, own = [r for r in rows if not key or r.field(key) == value], "name: *[\"']?%s\\b" % re.escape(name)
        ways = [] if re.search(own, source) else MEANS.get(name, [])
        return rows, [[r.mean(*w) for r in rows if not r.failed] for w in ways]
    def figure(self, ref, f, rows, source, confidence):  # how it was checked
        def must(true, what):
            if not true: raise ValueError("figure '%s' is not what its answers give: %s" % (ref, what))
        if f["name"].endswith("_corrected") or f["value"] is None: return "chain"
        rows, ways = self.values(f["name"], f["group"], rows, source)
        must(f["errors"] == sum(r.failed for r in rows), "errors")
        if f["method"] == "exact": return "answers" if f["name"] == "errors" and f["value"] == f["errors"] else "chain"
        ways, count, method = [[v for v in w if v is not None] for w in ways], f["n"], re.split("[, ]", f["method"])[0]
        fit = [w for w in ways if len(w) == count and near(f["value"], fmean(w)) and f["k"] in (None, w.count(1))]
        must(fit or not ways, "value, n or k")
        count = int((re.findall("clusters=(\\d+)", f["method"]) or [count])[0])
        if method in SHARES and near(f["value"], f["k"] / f["n"]): ends = SHARES[method](f["value"], count, confidence)
        elif method in SPREADS and fit and count > 1: ends = SPREADS[method](fit[0], confidence)
        else: return "values" if fit else "chain"  # the value was computed, its interval is resampled
        for a, b in zip((f["lo"], f["hi"]), ends):  # those beyond the range of the metric are cut
            must(near(a, b) or (a in (-1, 0, 1) and abs(b) > abs(a)), "interval")
        return "answers" if fit else "counts"
    def run(self, r):
        (entries, newest, head), config, bare = self.chain(r["id"]), json.loads(r["config"]), json.loads(r["config"])
        seen, done, how = set(), r["state"] == "done", dict(answers=0, values=0, counts=0, chain=0)
        if "run" not in newest: return "of an older version, which chains no plans: only links were looked at"
        def expect(what, ref, mine):
            if newest.get(ref) != mine or (what == "figure" and ref in seen): raise ValueError(OTHER % (what, ref))
            seen.add(ref)
        for data in [d for t in bare["tasks"] for d in t.get("data") or []]: data.pop("path", None)
        s = (self.all("select * from subjects where digest = ?", r["subject"]) or [{}])[0]
        subject = dict({k: s.get(k) for k in ("digest", "kind", "template", "tokenizer")},
                       files=[f.get("sha256") for f in json.loads(s.get("files") or "[]")])
        expect("settings, subject", "run", digest(dict(config=bare, seed=r["seed"], suite=r["suite"], subject=subject)))
        if done or "end" in newest: expect("state of run", "end", digest({"state": r["state"]}))
        for task, scorer, source in [(t["task"], t["scorer"], t["source"]) for t in config["tasks"]]:
            plan = "plan:" + task
            if done or plan in newest: expect("plan of items, gold, asks", plan, lines(self.all(PLAN, r["id"], task)))
            rows = [Row(x, r["subject"], scorer) for x in self.all(ROWS, scorer, r["id"], task)]
            self.rows[r["id"], task] = rows, source
            for x in rows:
                if done or (x.answer and (x.score or x.finish == "error")): expect("answer", x.ref, x.digest)
            for f in self.all(FIGURES, r["id"], task):
                ref = "#".join((task, f["name"], f["group"]))
                expect("figure", ref, digest({k: f[k] for k in f if k not in ("k", "null_reason") or f[k] is not None}))
                how[self.figure(ref, f, rows, source, config["confidence"])] += 1
        known = {e["ref"] + e["digest"] for e in self.all("select * from evidence where kind = 'label'")}
        for l in self.all(LABELS, r["id"]):  # answers are shared, and so are their labels: in the chain of some run
            ref, said = "label#{task}#{id}#{sample}".format(**l), digest({k: l[k] for k in ("label", "who", "why")})
            if ref + said not in known: raise ValueError(OTHER % ("label", ref))
            seen.add(ref + said)
        for m in self.all("select substr(key, 13) name, value from meta where key like 'certificate/%'"):
            if newest.get(m["name"]) == sha(m["value"]): seen.add(m["name"])
        for e in [e for e in entries if e["kind"] != "error" and newest[e["ref"]] != digest(None)]:
            if e["ref"] + (e["digest"] if e["kind"] == "label" else "") not in seen: raise ValueError(LOST % e["ref"])
        told = ", ".join("%s %d" % pair for pair in how.items())
        return "%d entries, head %s; figures by %s" % (len(entries), head, told)
    def comparisons(self):
        n, names = [0, 0], {r["id"]: r["name"] for r in self.all("select * from runs")}
        pairs = [tuple(p.values()) for p in self.all("select distinct a, b from comparisons")]
        found = {"compare:%s:%s" % (names.get(a), names.get(b)): lines(self.all(COMPARED, a, b)) for a, b in pairs}
        told = {ref: said for ref, said in self.chain(0)[1].items() if said != sha("")}
        for ref in sorted(set(told) | set(found)):
            if told.get(ref) != found.get(ref): raise ValueError(OTHER % ("what was found by", ref))
        for a, b, c in [(a, b, c) for a, b in pairs for c in self.all(COMPARED, a, b)]: n[self.paired(a, b, c)] += 1
        return "paired tests from answers %d, by the chain alone %d" % (n[1], n[0])
    def paired(self, a, b, c):  # whether the difference and the p of McNemar's test were computed again
        (name, _, group), found, sides = c["name"].partition(", "), [], [self.rows.get((x, c["task"])) for x in (a, b)]
        if not c["method"].startswith("mcnemar,") or ": " in name or None in sides: return 0
        for rows, ways in [self.values(name, group, *side) for side in sides]:
            keys = [(r.item, r.messages, r.want, r.sample) for r in rows if not r.failed]
            found.append([{k: v for k, v in zip(keys, way) if v is not None} for way in ways])
        for x, y in zip(*found):
            gained, lost = (sum(sign * (x[k] - y[k]) < 0 for k in x if k in y) for sign in (1, -1))
            if x and near(c["diff"], (gained - lost) / len(x)) and near(c["p"], mcnemar(gained, lost)): return 1
        if found[0]: raise ValueError("comparison '{name}' of task '{task}' is not what the answers give".format(**c))
        return 0
SHARES, SPREADS = {"wilson": wilson, "clopper-pearson": clopper_pearson}, {"student-t": student, "score": rare}
if __name__ == "__main__":
    if len(sys.argv) != 2: sys.exit(__doc__)
    record, where = Record(sys.argv[1]), "the record"
    try:
        for r in record.all("select * from runs order by id"):
            where = "run '%s'" % r["name"]
            print("%s: %s" % (where, record.run(r)))
        where = "comparisons"
        print("%s: %s" % (where, record.comparisons()))
    except (ValueError, KeyError, TypeError, sqlite3.Error) as e: sys.exit("%s: %s: %s" % (sys.argv[1], where, e))
