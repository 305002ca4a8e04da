"""The words of Minga: frozen records, closed choices, Protocols and errors. Standard library only.

Must not import anything of Minga above it, nor any third-party package.
"""
