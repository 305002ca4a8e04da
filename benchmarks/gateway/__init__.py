"""What a gateway adds between a caller and a model: Minga, the floors and the peers, in one run.

``python -m benchmarks gateway`` does all of it (`run`). Everything stays on 127.0.0.1; only the installation of the
peers needs PyPI, npm and Debian's packages.

The order of the files: `environments` installs, `configs` and `targets` say how each gateway is started, `visit`
measures one of them once (with `load` and `processes`), `measures` and `page` make the table, `soak` and `faults` are
runs of their own. What is not Python lies in ``outside``.
"""
