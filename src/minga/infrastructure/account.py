"""Who runs this program, as the operating system knows."""

import os
import pwd


def account_name() -> str:
    """The name of the account, or its number where it has no name (as in some containers). Not what ``$USER`` says."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return f"uid-{os.geteuid()}"
