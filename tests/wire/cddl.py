"""As much of CDDL (RFC 8610) as docs/enrolment.cddl uses, so that the schema is held against what is really written."""

import re
from typing import Final

_TOKEN: Final = re.compile(r'"[^"]*"|=>|[{}\[\]:,/*=]|\.regexp|[A-Za-z][A-Za-z0-9_-]*')


class Schema:
    """Rules by name. fits() says whether a value is what a rule describes."""

    def __init__(self, source: str) -> None:
        self._rules: dict[str, list[str]] = {}
        bare = "\n".join(line.split(";")[0] for line in source.splitlines())
        tokens = _TOKEN.findall(bare)
        starts = [n for n in range(1, len(tokens)) if tokens[n] == "="]
        for n, start in enumerate(starts):
            end = starts[n + 1] - 1 if n + 1 < len(starts) else len(tokens)
            self._rules[tokens[start - 1]] = tokens[start + 1 : end]

    def fits(self, value: object, rule: str) -> bool:
        tokens = list(self._rules[rule])
        answer = self._choice(value, tokens)
        assert not tokens, f"rule {rule} is not understood from {tokens[:5]}"
        return answer

    def _choice(self, value: object, tokens: list[str]) -> bool:
        answer = self._one(value, tokens)
        while tokens and tokens[0] == "/":
            tokens.pop(0)
            answer = self._one(value, tokens) or answer
        return answer

    def _one(self, value: object, tokens: list[str]) -> bool:
        token = tokens.pop(0)
        if token == "{":
            return self._map(value, tokens)
        if token == "[":
            return self._array(value, tokens)
        if token.startswith('"'):
            return value == token[1:-1]
        number = isinstance(value, int) and not isinstance(value, bool)
        known = {
            "tstr": isinstance(value, str),
            "bstr": isinstance(value, bytes),
            "bool": isinstance(value, bool),
            "float": isinstance(value, float),
            "int": number,
            "uint": number and value >= 0,  # type: ignore[operator]
            "null": value is None,
        }
        answer = known[token] if token in known else self.fits(value, token)
        if tokens and tokens[0] == ".regexp":
            pattern = tokens[1][1:-1]
            del tokens[:2]
            answer = answer and re.fullmatch(pattern, str(value)) is not None
        return answer

    def _array(self, value: object, tokens: list[str]) -> bool:
        """Only [* one], any number of the same."""
        assert tokens.pop(0) == "*"
        answer, after = isinstance(value, list), list(tokens)
        for one in value if isinstance(value, list) else [None]:
            after = list(tokens)
            answer = (self._choice(one, after) or not isinstance(value, list)) and answer
        if isinstance(value, list) and not value:
            self._choice(None, after)
        tokens[:] = after
        assert tokens.pop(0) == "]"
        return answer

    def _map(self, value: object, tokens: list[str]) -> bool:
        rest = dict(value) if isinstance(value, dict) else None
        answer = rest is not None
        while tokens[0] != "}":
            if tokens[0] == "*":
                tokens.pop(0)
                key_rule = tokens.pop(0)
                assert tokens.pop(0) == "=>"
                answer = self._all_others(rest or {}, key_rule, tokens) and answer
                rest = {}
            else:
                key = tokens.pop(0)
                assert tokens.pop(0) == ":"
                there = rest is not None and key in rest
                answer = (
                    self._choice(rest.pop(key) if rest is not None and there else None, tokens) and there and answer
                )
            if tokens[0] == ",":
                tokens.pop(0)
        tokens.pop(0)
        return answer and not rest

    def _all_others(self, rest: dict[object, object], key_rule: str, tokens: list[str]) -> bool:
        answer, after = True, list(tokens)
        for key, value in rest.items():
            after = list(tokens)
            answer = self._one(key, [key_rule]) and self._choice(value, after) and answer
        if not rest:
            self._choice(None, after)
        tokens[:] = after
        return answer
