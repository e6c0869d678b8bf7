"""What the server answers to raw requests, good and bad: the cases are in corpus/*.toml.

A case is `name = [outcome, what is sent, what the application has seen]`:

* outcome: the status codes of the answers, then `keep` or `close`: what becomes of the
  connection. ` | ` separates outcomes that are all right. `half-close:` in front: the client
  closes its side behind what it sends.
* what is sent: each character is a byte. `{text*7}` stands for seven times `text`.
* what the application has seen of the last request: method, target, Host, other fields, body.

Another request is sent right behind: on a connection that is kept it is answered, and on one
that is closed it must not be. The last answer must arrive whole, whatever was sent behind.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

REPEATED = re.compile(r"\{([^{}]*)\*(\d+)\}")
SMALL = 400  # bytes that are worth sending one by one


def expand(text):
    """Write out what `{text*7}` stands for."""
    while REPEATED.search(text):
        text = REPEATED.sub(lambda match: match[1] * int(match[2]), text)
    return text


class Case:
    def __init__(self, outcome, sent, seen=None):
        self.half_close = outcome.startswith("half-close:")
        self.outcomes = [one.strip() for one in outcome.removeprefix("half-close:").split("|")]
        self.sent = expand(sent).encode("latin-1")
        self.seen = seen


def read_cases():
    for path in sorted(Path(__file__).with_name("corpus").glob("*.toml")):
        for topic, cases in tomllib.loads(path.read_text(encoding="utf-8")).items():
            for name, values in cases.items():
                yield pytest.param(Case(*values), id=f"{path.stem}-{topic}-{name}")


CASES = list(read_cases())


def check(case, answers, paths):
    """Compare what came back, and what the application was asked for, with the case."""
    outcome = " ".join([*(str(answer.status) for answer in answers), answers.connection])
    assert outcome in case.outcomes, answers
    if answers.connection == "close":
        assert "/behind" not in paths
        if answers and b"HTTP/1.0" not in case.sent:
            # Said, too, so that no client uses the connection again.
            assert answers[-1].fields.get("connection") == "close"
    if case.seen is not None and answers[-1].status < 300:
        assert answers[-1].body == case.seen.encode("latin-1")


@pytest.mark.parametrize("case", CASES)
def test_the_answer_is_right(corpus_server, case):
    answers = corpus_server.ask(case.sent, half_close=case.half_close)
    check(case, answers, corpus_server.paths)


@pytest.mark.slow
def test_the_answers_are_the_same_if_the_bytes_come_one_by_one(corpus_server):
    for parameters in CASES:
        case = parameters.values[0]
        if len(case.sent) <= SMALL:
            answers = corpus_server.ask(case.sent, half_close=case.half_close, pieces=1)
            check(case, answers, corpus_server.paths)


@pytest.mark.parametrize("cut", [10, 30, 39, 40, 41, 42, 43, 44])
def test_a_head_in_two_pieces_may_have_any_body_behind_it(corpus_server, cut):
    data = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n\x00\n\r\xff"
    (answer,) = corpus_server.ask(data, cut=cut)
    assert answer.body == b"POST / a :\x00\n\r\xff"


def test_a_request_with_a_body_does_not_make_the_next_one_less_strict(corpus_server):
    before = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 60000\r\n\r\n" + b"x" * 60000
    for parameters in CASES:
        case = parameters.values[0]
        if case.outcomes == ["400 close"]:
            first, *answers = corpus_server.ask(before + case.sent)
            assert (first.status, [one.status for one in answers]) == (200, [400]), parameters.id


def test_there_are_more_than_two_hundred_cases():
    assert len(CASES) > 200


def test_who_writes_http_0_9_is_answered_at_once(corpus_server, connect):
    client = connect(corpus_server.server)
    client.send(b"GET /x\r\n")
    assert client.read_until(b"VERSION.\n").startswith(b"HTTP/1.1 400 ")
