"""One file from an address that a person named, whole and bounded."""

import aiohttp

LIMIT_S = 120.0


class DownloadFailed(Exception):
    """Nothing usable came; the text says why."""


async def download(url: str, size_max: int) -> bytes:
    """The body of the answer, through the proxy that the environment names. Raises DownloadFailed."""
    timeout = aiohttp.ClientTimeout(total=LIMIT_S)
    try:
        async with aiohttp.ClientSession(timeout=timeout, trust_env=True) as session, session.get(url) as answer:
            if answer.status != 200:
                raise DownloadFailed(f"the server answered {answer.status}")
            content = bytearray()
            async for piece in answer.content.iter_any():
                content += piece
                if len(content) > size_max:
                    raise DownloadFailed(f"it has more than {size_max // 1024 // 1024} MB")
            return bytes(content)
    except (aiohttp.ClientError, TimeoutError, ValueError) as wrong:
        raise DownloadFailed(str(wrong) or type(wrong).__name__) from wrong
