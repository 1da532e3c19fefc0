"""Reads a page of metrics on stdin with the parsers of prometheus_client; the first argument is the format.

Prints {"families": [...]} or, where the page is wrong, {"error": "why"}, and ends with 0 either way.

With "many" in place of the format, there are many pages, each behind a line with its format and its length in
bytes, and each is answered with one line.
"""

import collections
import decimal
import json
import math
import re
import sys

from prometheus_client import parser
from prometheus_client.openmetrics import parser as openmetrics


SERIES = re.compile(r'([^{ ]*)(\{(?:[^"}]|"(?:[^"\\]|\\.)*")*\})?')
LABEL = re.compile(r'[^{",=]*="(?:[^"\\]|\\.)*"')


class Refused(Exception):
    """The page is wrong in a way that the parser lets through."""


def main():
    stdin = sys.stdin.buffer
    if sys.argv[1] != "many":
        json.dump(judge(sys.argv[1], stdin.read()), sys.stdout)
        return
    while line := stdin.readline():
        form, length = line.decode().split()
        print(json.dumps(judge(form, stdin.read(int(length)))), flush=True)


def judge(form, page):
    read = {"openmetrics": read_openmetrics, "text": read_text}[form]
    try:
        families = read(page.decode("utf-8"))
        return {"families": [family_as_json(family) for family in families]}
    # The parsers raise whatever their code runs into: ValueError, but IndexError and others as well.
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}


def read_openmetrics(page):
    families = list(openmetrics.text_string_to_metric_families(page))
    refuse_repeated_series(families)
    refuse_dropped_samples(page, families)
    for family in families:
        for sample in family.samples:
            for label in ("le", "quantile"):
                if is_number_label(family, sample, label):
                    refuse_uncanonical(sample, label)
    return families


def read_text(page):
    families = list(parser.text_string_to_metric_families(page))
    refuse_repeated_series(families)
    return families


def refuse_repeated_series(families):
    seen = set()
    for family in families:
        for sample in family.samples:
            series = (sample.name, tuple(sorted(sample.labels.items())))
            if series in seen:
                raise Refused(f"the same series twice: {sample.name} {sample.labels}")
            seen.add(series)


def refuse_dropped_samples(page, families):
    """The parser drops a repeated sample without a word."""
    lines = [line for line in page.split("\n") if line and not line.startswith("#")]
    samples = sum(len(family.samples) for family in families)
    if len(lines) != samples:
        series = collections.Counter(map(series_of_line, lines))
        repeated = [" ".join(parts) for parts, count in series.items() if count > 1]
        raise Refused(f"{len(lines)} lines with samples, but {samples} samples; repeated: {repeated}")


def series_of_line(line):
    name, labels = SERIES.match(line).groups()
    return name, *sorted(LABEL.findall(labels or ""))


def is_number_label(family, sample, label):
    if label not in sample.labels:
        return False
    if label == "le":
        return family.type in ("histogram", "gaugehistogram") and sample.name.endswith("_bucket")
    return family.type == "summary" and sample.name == family.name


def refuse_uncanonical(sample, label):
    written = sample.labels[label]
    canonical = canonical_number(float(written))
    if written != canonical:
        raise Refused(f"{sample.name} has {label}={written!r}, canonical is {canonical!r}")


def canonical_number(number):
    """As Go's %g writes the shortest digits, with .0 where there is neither a point nor an exponent."""
    if math.isinf(number):
        return "+Inf" if number > 0 else "-Inf"
    if math.isnan(number):
        return "NaN"
    sign, digits, exponent = decimal.Decimal(repr(number)).as_tuple()
    digits = "".join(map(str, digits))
    stripped = digits.rstrip("0")
    exponent += len(digits) - len(stripped)
    digits = stripped or "0"
    sign = "-" if sign else ""
    # The exponent with one digit before the point.
    scientific = len(digits) - 1 + exponent if stripped else 0
    if scientific < -4 or scientific >= 6:
        point = "." if len(digits) > 1 else ""
        return f"{sign}{digits[0]}{point}{digits[1:]}e{scientific:+03d}"
    if not stripped:
        return f"{sign}0.0"
    if scientific < 0:
        return f"{sign}0.{'0' * (-scientific - 1)}{digits}"
    whole = digits[: scientific + 1].ljust(scientific + 1, "0")
    return f"{sign}{whole}.{digits[scientific + 1 :] or '0'}"


def number_as_text(number):
    number = float(number)
    if math.isinf(number):
        return "+Inf" if number > 0 else "-Inf"
    return "NaN" if math.isnan(number) else repr(number)


def time_as_text(time):
    return None if time is None else str(time)


def family_as_json(family):
    return {
        "name": family.name,
        "type": family.type,
        "help": family.documentation,
        "unit": family.unit,
        "samples": [sample_as_json(sample) for sample in family.samples],
    }


def sample_as_json(sample):
    exemplar = sample.exemplar
    return {
        "name": sample.name,
        "labels": sample.labels,
        "value": number_as_text(sample.value),
        "timestamp": time_as_text(sample.timestamp),
        "exemplar": exemplar
        and {
            "labels": exemplar.labels,
            "value": number_as_text(exemplar.value),
            "timestamp": time_as_text(exemplar.timestamp),
        },
    }


main()
