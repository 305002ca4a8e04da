"""Signatures as botocore makes them; and whose keys sign."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from botocore import auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from minga.infrastructure.http import Outgoing
from minga.providers.clouds import aws_account
from minga.providers.clouds.aws_account import AwsAccount, AwsKeys, AwsProfile
from minga.providers.clouds.sigv4 import sign

SEGMENTS = st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="/?#"), min_size=1).filter(
    lambda one: one.strip(".") != ""
)
PATHS = st.lists(SEGMENTS, max_size=4).map(lambda parts: "/" + "/".join(parts))
WORDS = st.text("abcXYZ019-_.~%", min_size=1, max_size=8)
QUERIES = st.lists(st.tuples(WORDS, WORDS), max_size=4).map(lambda p: "&".join(f"{name}={value}" for name, value in p))
PRINTED = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=30)
KEYS = st.builds(AwsKeys, WORDS, st.text(min_size=1, max_size=40), st.just("") | WORDS)
TIMES = st.datetimes(datetime(2000, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC))


@given(
    st.sampled_from(["GET", "POST"]),
    PATHS,
    QUERIES,
    PRINTED,
    st.binary(max_size=200),
    KEYS,
    st.sampled_from(["us-east-1", "eu-central-2"]),
    TIMES,
)
def test_a_request_is_signed_as_botocore_signs_it(
    method: str, path: str, query: str, content_type: str, body: bytes, keys: AwsKeys, region: str, at: datetime
) -> None:
    url = f"https://bedrock-runtime.{region}.amazonaws.com{path}{'?' if query else ''}{query}"
    sent = Outgoing(method, url, [("content-type", content_type), ("user-agent", "x")], body)
    sign(sent, keys, region, "bedrock", at)
    theirs = AWSRequest(method, url, {"Content-Type": content_type}, body)
    credentials = Credentials(keys.key_id, keys.secret, keys.session_token or None)
    with pytest.MonkeyPatch.context() as patch:  # botocore takes no clock
        patch.setattr(auth, "get_current_datetime", lambda: at)
        auth.SigV4Auth(credentials, "bedrock", region).add_auth(theirs)
    assert dict(sent.headers)["authorization"] == theirs.headers["Authorization"]
    assert dict(sent.headers)["x-amz-date"] == theirs.headers["X-Amz-Date"]
    assert dict(sent.headers).get("x-amz-security-token") == theirs.headers.get("X-Amz-Security-Token")


ENVIRONMENT = {
    "AWS_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "A",
    "AWS_SECRET_ACCESS_KEY": "s",
    "AWS_ACCESS_KEY_ID_2": "B",
    "AWS_SECRET_ACCESS_KEY_2": "t",
    "AWS_SESSION_TOKEN_2": "u",
}


def test_each_key_in_the_environment_has_its_own_secret_and_token() -> None:
    first = aws_account.read("AWS_ACCESS_KEY_ID", ENVIRONMENT)
    second = aws_account.read("AWS_ACCESS_KEY_ID_2", ENVIRONMENT)
    assert first == AwsAccount("us-east-1", AwsKeys("A", "s"))
    assert second == AwsAccount("us-east-1", AwsKeys("B", "t", "u"))
    assert "'s'" not in repr(first)
    assert "'u'" not in repr(second)


@pytest.mark.parametrize("missing", ["AWS_REGION", "AWS_SECRET_ACCESS_KEY"])
def test_a_key_without_its_secret_or_a_region_is_no_account(missing: str) -> None:
    assert aws_account.read("AWS_ACCESS_KEY_ID", {**ENVIRONMENT, missing: ""}) is None


def test_a_profile_is_read_at_each_call(tmp_path: Path) -> None:
    file = tmp_path / ".aws" / "credentials"
    file.parent.mkdir()
    environment = {"AWS_REGION": "r", "AWS_PROFILE": "work", "HOME": str(tmp_path)}
    account = aws_account.read("AWS_PROFILE", environment)
    assert account is not None
    for secret in ("x%y", "new"):
        file.write_text(
            f"[default]\naws_access_key_id = D\n[work]\naws_access_key_id = W\naws_secret_access_key={secret}\n"
        )
        assert account.keys() == AwsKeys("W", secret)
    elsewhere = tmp_path / "other"
    elsewhere.write_text("[work]\naws_access_key_id=E\naws_secret_access_key=s\naws_session_token=t\n")
    other = aws_account.read("AWS_PROFILE", {**environment, "AWS_SHARED_CREDENTIALS_FILE": str(elsewhere)})
    assert other is not None
    assert other.keys() == AwsKeys("E", "s", "t")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "cannot be read"),
        (b"\xff\xfe", "cannot be read"),
        (b"hello", "malformed"),
        (b"[other]\n", "no profile 'work'"),
        (b"[work]\nrole_arn = x\n", "holds no keys"),
    ],
)
def test_a_profile_without_keys_says_why_and_not_where(tmp_path: Path, content: bytes | None, told: str) -> None:
    file = tmp_path / "credentials"
    if content is not None:
        file.write_bytes(content)
    profile = AwsProfile(file, "work")
    with pytest.raises(ValueError, match=told) as wrong:
        replace(AwsAccount("r", profile)).keys()
    assert str(tmp_path) not in str(wrong.value)
