"""The agent card: what Minga can do for other agents, and how it is asked (A2A 1.0)."""

from a2a.types import (
    AgentCapabilities,
    AgentCard,
    AgentInterface,
    AgentSkill,
    HTTPAuthSecurityScheme,
    SecurityRequirement,
    SecurityScheme,
    StringList,
)

PROTOCOL = "1.0"

SKILLS = (
    (
        "task",
        "A task for the best agent",
        "Answers about the files of a directory, by the agent that fits, which changes nothing.",
    ),
    ("dte", "Chilean tax documents", "Checks DTE, RUTs and legal deadlines by rules, each finding with its norm."),
)


def card(url: str, version: str) -> AgentCard:
    """``url``: where tasks are taken."""
    bearer = SecurityScheme(http_auth_security_scheme=HTTPAuthSecurityScheme(scheme="Bearer"))
    return AgentCard(
        name="Minga",
        description="The control plane above AI coding CLIs: one task, the best agent, a checked answer.",
        version=version,
        supported_interfaces=[AgentInterface(url=url, protocol_binding="JSONRPC", protocol_version=PROTOCOL)],
        capabilities=AgentCapabilities(streaming=True, push_notifications=False),
        security_schemes={"key": bearer},
        security_requirements=[SecurityRequirement(schemes={"key": StringList()})],
        default_input_modes=["text/plain"],
        default_output_modes=["text/plain"],
        skills=[AgentSkill(id=id, name=name, description=says, tags=[id]) for id, name, says in SKILLS],
    )
