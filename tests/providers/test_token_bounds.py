"""How many tokens a request has at most."""

import base64
import json
import time
from threading import Thread

import pytest

from minga.providers.token_bounds import family_of, of_request

O200K: dict[str, tuple[str, int]] = {
    "Spanish": ("hola, ¿qué tal? " * 100, 601),
    "Chinese": ("我们今天去市场买了很多新鲜的蔬菜和水果,然后回家做饭。" * 300, 6600),
    "Amharic": ("ኢትዮጵያ በአፍሪካ ቀንድ የምትገኝ ሀገር ናት። ዋና ከተማዋ አዲስ አበባ ናት።" * 200, 17600),
    "Thai": ("ประเทศไทยตั้งอยู่ในเอเชียตะวันออกเฉียงใต้และมีประชากรประมาณเจ็ดสิบล้านคน" * 200, 5000),
    "Russian": ("Москва является столицей России и крупнейшим городом страны. " * 200, 2401),
    "emoji": ("🦙🧑‍🚀🏔️🇨🇱🫠🪿" * 300, 6600),
    "digits": ("0123456789" * 500, 1667),
    "short words": ("Hi! How are you? I am OK. Is it a go? " * 100, 1501),
    "short names": ("if a == b: c = d(e, f) || !g\n" * 100, 1600),
    "indented": ("x\n\t\t\n" * 2000, 4000),
}
"""Text -> its tokens, as OpenAI's tokenizer o200k counts them (counted once, November 2026)."""


@pytest.mark.parametrize("name", list(O200K))
@pytest.mark.parametrize("model", ["gpt-5.1", "openrouter/claude-sonnet-4-6", "gemini-3-pro", "qwen3"])
def test_a_bound_is_never_lower_than_the_tokens(name: str, model: str) -> None:
    text, tokens = O200K[name]
    body = json.dumps({"messages": [{"role": "user", "content": text}]}, ensure_ascii=False).encode()
    assert of_request(model, body) >= tokens
    assert of_request(model, body) < 8 * tokens * family_of(model).percent / 100


def test_pictures_count_by_the_piece_wherever_they_are() -> None:
    data = base64.b64encode(b"\x89PNG\r\n" + bytes(6000)).decode()
    inline = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": data}}
    as_url = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{data}"}}
    remote = {"type": "input_image", "image_url": "https://a.example/b.png"}
    nothing = of_request("gpt-5", b'{"content":[]}')
    for part in (inline, as_url, remote):
        one = of_request("gpt-5", json.dumps({"content": [part]}).encode())
        assert 5000 <= one - nothing < 5200
        assert 10_000 <= of_request("gpt-5", json.dumps({"content": [part, part]}).encode()) - nothing < 10_400


def test_a_large_document_counts_by_its_bytes() -> None:
    data = base64.b64encode(b"%PDF-1.7" + bytes(3_000_000)).decode()
    assert of_request("gpt-5", json.dumps({"data": data}).encode()) > 200_000


def test_a_bound_of_a_large_body_lets_others_run() -> None:
    """Between two pieces of it."""
    body = json.dumps({"content": "palabra " * 2_000_000}).encode()
    done: list[int] = []
    counting = Thread(target=lambda: done.append(of_request("gpt-5", body)))
    counting.start()
    turns = 0
    while counting.is_alive():
        time.sleep(0)
        turns += 1
    assert done
    assert turns > 1
