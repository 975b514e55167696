"""The trust manifest agrees with what is proved; drift in either direction is found and named."""

from __future__ import annotations

import copy
import json

import pytest

from proofs import kernel, manifest
from proofs.certificate import CERTIFICATES
from proofs.cli import main


@pytest.fixture(scope="module")
def found():
    return manifest.derived()


def test_the_manifest_is_what_is_proved(found):
    lines = manifest.drift(manifest.pinned(), found)
    assert not lines, "\n".join([*lines, f"deliberate? then {manifest.REGENERATE}"])
    assert manifest.MANIFEST.read_text(encoding="utf-8") == manifest.text(found)


def test_schemas_are_the_analytic_rules(found):
    assert set(found["adopt"]["schemas"]) == {"descent", "lipschitz", "lower_bound"}
    assert set(kernel.RULES) >= manifest.SCHEMAS >= {"descent", "lipschitz", "log_tangent", "lower_bound"}


DRIFT = {
    "a changed statement": (lambda e: e["adopt"].update(statement_sha256="0" * 64), "adopt: the statement's digest is"),
    "a rule less in the manifest": (lambda e: e["sgd"]["rules"].remove("telescope"), "sgd: uses telescope, not among"),
    "a rule more": (lambda e: e["sgd"]["rules"].append("oracle"), "sgd: no longer uses oracle, one of its rules"),
    "a schema more": (lambda e: e["sgd"]["schemas"].append("log_tangent"), "sgd: no longer uses log_tangent, one"),
    "a hypothesis less": (lambda e: e["sgd"]["hypotheses"].remove("unbiased"), "sgd: uses unbiased, not among its hyp"),
    "a hypothesis more": (lambda e: e["sgd"]["hypotheses"].append("convex"), "sgd: no longer uses convex, one of"),
    "an assumption less": (lambda e: e["sgd"]["assumptions"].remove("smooth"), "sgd: uses smooth, not among its assum"),
    "a theorem less": (lambda e: e.pop("sgd"), "sgd: proved, but not in the manifest"),
    "a theorem more": (lambda e: e.update(adam=e["sgd"]), "adam: in the manifest, but no longer proved"),
}


@pytest.mark.parametrize("name", DRIFT)
def test_drift_is_named(name, found, tmp_path, capsys, monkeypatch):
    change, message = DRIFT[name]
    entries = copy.deepcopy(found)
    change(entries)
    (line,) = manifest.drift(entries, found)
    assert line.startswith(message)
    path = tmp_path / "manifest.json"
    path.write_text(manifest.text(entries))
    monkeypatch.setattr(manifest, "derived", lambda: found)
    assert manifest.main(["--path", str(path)]) == 1
    captured = capsys.readouterr()
    assert line in captured.out
    assert manifest.REGENERATE in captured.err
    assert manifest.main(["--path", str(path), "--write"]) == 0
    assert manifest.main(["--path", str(path)]) == 0


def test_a_file_that_is_no_manifest_is_refused(tmp_path):
    for wrong in ("{", "[]", '{"format": "adopt-manifest/9"}'):
        (tmp_path / "manifest.json").write_text(wrong)
        with pytest.raises(ValueError, match=r"regenerate it: python -m proofs\.manifest --write"):
            manifest.pinned(tmp_path / "manifest.json")


def test_check_prints_the_totals(capsys, tmp_path):
    assert main(["check", "sgd", "--out", str(tmp_path), "--json", str(tmp_path / "check.json")]) == 0
    totals = manifest.totals(manifest.pinned())
    out = capsys.readouterr().out
    assert f"manifest: {totals['theorems']} theorems, {totals['rules']} rules, {totals['schemas']} schemas" in out
    assert "agrees" in out
    data = json.loads((tmp_path / "check.json").read_text())
    assert data["manifest"] == {"totals": totals, "agrees": True, "drift": []}


def test_check_tells_of_drift(capsys, tmp_path, monkeypatch):
    entries = manifest.pinned()
    entries["sgd"]["rules"].remove("telescope")
    monkeypatch.setattr(manifest, "pinned", lambda: entries)
    assert main(["check", "sgd", "--out", str(tmp_path)]) == 1
    captured = capsys.readouterr()
    assert "sgd: uses telescope, not among its rules" in captured.err
    assert manifest.REGENERATE in captured.err
    assert main(["check", "adopt", "--out", str(tmp_path)]) == 0  # theorems that were not asked for do not count


def test_the_certificates_on_file_agree_too(found):
    paths = {name: CERTIFICATES / f"{name}.json" for name in found}
    assert manifest.drift(found, manifest.on_file(paths)) == []
