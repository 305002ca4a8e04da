"""The one error tree. Each error says what happened to which thing, and carries a remedy.

    MingaError
    ├─ BadInput             the caller can mend it (exit code 2)
    │  ├─ UnknownAgent  UnknownSession  AmbiguousSession  UnknownItem  AmbiguousItem  SessionBusy  ReadOnlySession
    │  ├─ EmptyTask  UnreadableFile  BinaryFile  NotARepository  BadSetting  UnknownBackup  UnknownUser  NotTheOwner
    │  ├─ UnknownBranch  BadAgeKey  NoPassphrase  WrongPassphrase  PackDamaged  PackTooNew  FileInTheWay  NoSyncKey
    │  ├─ SyncKeyInTheWay  OtherSyncKey  NoSyncPlace  SessionOfAnother  KeyNameTaken  UnknownVirtualKey  UnfitFile
    │  ├─ NoDirectory  DirectoryGone  UnknownBudget  BadCertificate  Untranslatable  UnknownRule  SchemasUnfit
    │  ├─ SchemasChanged  BadDraft  UnfitDocument  BadCaf  NoFolio  FolioUsed  UnknownFolio  BadMessage  BadSigningKey
    │  ├─ BadProjectFile  NoMemoryModel  RuleTooLong  UnknownSpecialist  BadSpecialist
    │  ├─ ConfigUnreadable  ConnectionDamaged  ConfigUnfit  ConfigTouched  NoConsent
    │  └─ RulesUnreadable  BlockDamaged  BlockEdited  SecretInRule  RulesElsewhere  ChangedMeanwhile
    ├─ NotReady             something outside must be installed, started or freed (exit code 3)
    │  ├─ InstallFailed (InstallUnwritable)  WorktreeFailed  ChangesDoNotFit  MigrationFailed (NoRoomToMigrate)
    │  ├─ UndoFailed  StoreInUse  NoBackupHere  FileUnwritable  DiffDoesNotFit  DiffNotTaken  PortInUse
    │  ├─ DeviceFailed  ProcessLost  TooManySessions  LogUnwritable  SyncPlaceFailed  ModelRefused
    │  └─ UnreadableModel (UnreadableReader)  SubAgentUnwritable  ConfigUnwritable  ConfigChanged
    ├─ OutputUnwritable     standard output takes no more (exit code 1)
    └─ StoreError           the store cannot be used (exit code 4)
       ├─ StoreLocked  StoreTooNew  StoreUnwritable  StoreFull  StoreDamaged  StoreNotEncrypted  StoreUnreachable
       ├─ DerivedInTheWay  ContentDamaged  BackupDamaged  MasterKeyLost  MasterKeyUnusable (MasterKeyDamaged)
       └─ KeysLost  KeysDamaged  KeysMissing

The class docstring's first line is the message template, so that it can be translated by class; the values for the
template are the attributes. Longer than other files: a tree is read in one place.
"""

from typing import Any


class MingaError(Exception):
    """Something went wrong: {detail}"""

    exit_code = 1
    remedy = "Run `minga doctor`; it names what is wrong and how to mend it."

    def __init__(self, **values: Any) -> None:
        self.values = values
        super().__init__(self.message)

    @classmethod
    def template(cls) -> str:
        return (cls.__doc__ or "").strip().splitlines()[0]

    @property
    def message(self) -> str:
        return self.template().format(**self.values)

    @property
    def remedy_text(self) -> str:
        return self.remedy.format(**self.values)


class OutputUnwritable(MingaError):
    """Standard output cannot be written: {detail}"""

    remedy = "Free space there, or send the output to another place. What was stored is kept: minga sessions list."


class BadInput(MingaError):
    """The input cannot be used: {detail}"""

    exit_code = 2
    remedy = "`minga --help` and the help of its verbs say what is taken."


class UnknownAgent(BadInput):
    """There is no agent named {name!r}."""

    remedy = "{suggestion}`minga agents list` shows them all."


class UnknownSession(BadInput):
    """There is no session {session!r}."""

    remedy = "`minga sessions list` shows them all; the first characters of an id are enough if they are unique."


class AmbiguousSession(BadInput):
    """Several sessions begin with {session!r}: {candidates}."""

    remedy = "Give more of its id; `minga sessions list` shows them all."


class UnknownItem(BadInput):
    """The memory has no item {item!r}."""

    remedy = "`minga memory search`, `facts`, `rules list` and `habits` show them; the first letters of an id do."


class AmbiguousItem(BadInput):
    """Several items of the memory begin with {item!r}: {candidates}."""

    remedy = "Give more of its id."


class SessionBusy(BadInput):
    """The session {session!r} is at work in another Minga."""

    remedy = "Wait for its end (`minga sessions list` shows its state), or begin another session."


class ReadOnlySession(BadInput):
    """The session {session!r} was shared with you to read only."""

    remedy = "Ask its owner: minga sessions share {session} --with YOU --access continue."


class EmptyTask(BadInput):
    """The task is empty."""

    remedy = 'Write it in quotes: minga run "fix the failing test".'


class UnreadableFile(BadInput):
    """The file {path!r} cannot be read: {detail}"""

    remedy = "Check the path and its permissions."


class BinaryFile(BadInput):
    """The file {path!r} is not text."""

    remedy = "Give pictures with --image; convert other formats to text first."


class NotARepository(BadInput):
    """{path!r} is not inside a git repository with at least one commit."""

    remedy = "Run `git init` and commit once there, or leave out --worktree and --parallel."


class UnknownUser(BadInput):
    """There is no user {name!r} here."""

    remedy = "`minga users list` shows them; `minga users add {name}` makes one. An account is one from its first use."


class NotTheOwner(BadInput):
    """The session {session!r} belongs to somebody else."""

    remedy = "Only its owner can share it, delete it or have it read by a model."


class BadSetting(BadInput):
    """The setting {name!r} from {source} is not valid: {detail}"""

    remedy = "Correct it there; `minga config` shows every setting and where it comes from."


class UnknownBackup(BadInput):
    """There is no backup {name!r}, or several begin so."""

    remedy = "`minga backup list` shows them all."


class SessionOfAnother(BadInput):
    """The session {session!r} is in this store already and belongs to another user."""

    remedy = "Ask its owner to share it: minga sessions share {session} --with YOU --access continue"


class UnknownBranch(BadInput):
    """No one branch of the session {session!r} begins with {leaf!r}: {candidates}."""

    remedy = "`minga sessions branches {session}` shows them all."


class BadAgeKey(BadInput):
    """{key!r} is no age key: {detail}"""

    remedy = "A public key begins with age1, a secret one with AGE-SECRET-KEY-1; age-keygen makes both."


class NoPassphrase(BadInput):
    """There is nobody to ask for a passphrase, and none was given."""

    remedy = "Give --passphrase-file FILE, of a certificate --key-password-file FILE: its first line is the passphrase."


class WrongPassphrase(BadInput):
    """{path!r} does not open with what was given: the passphrase or the key is another one."""

    remedy = "Nothing was changed. Give its passphrase, or --identity FILE with the secret key it was packed to."


class PackDamaged(BadInput):
    """{path!r} is no whole pack: {detail}"""

    remedy = "Nothing was changed. Copy it anew, or pack the session again."


class PackTooNew(BadInput):
    """The pack {path!r} has version {found}; this Minga reads versions up to {known}."""

    remedy = "Nothing was changed. Update Minga on this device."


class FileInTheWay(BadInput):
    """The file {path!r} exists already."""

    remedy = "Choose another name; where a verb has --force, that replaces it."


class NoSyncKey(BadInput):
    """This device has no sync key: {path!r} is missing."""

    remedy = "First device: minga sync init. Every other one: minga sync join, with the key of the first."


class SyncKeyInTheWay(BadInput):
    """This device has a sync key already: {path!r}."""

    remedy = "Move that file away to give the device another key; keep it as long as a folder holds what it encrypted."


class OtherSyncKey(BadInput):
    """{place!r} was begun with another sync key."""

    remedy = "Nothing was changed. Take the key of the device that began it (minga sync join), or another folder."


class UnfitFile(BadInput):
    """The file cannot be used: {detail}"""

    remedy = "Nothing was changed. {suggestion}"


class NoDirectory(BadInput):
    """The directory that you are in was deleted."""

    remedy = "Change to one that exists, such as: cd ~"


class DirectoryGone(BadInput):
    """The directory of the session, {path!r}, is not here."""

    remedy = "Go on in another: {command}"


class NoSyncPlace(BadInput):
    """It is not known where to sync."""

    remedy = "Give --place with a shared folder or a server's address, or set sync_place."


class KeyNameTaken(BadInput):
    """There is a virtual key {name!r} already."""

    remedy = "Choose another name, or end that key first: minga virtual-keys revoke {name}"


class UnknownVirtualKey(BadInput):
    """There is no virtual key {name!r}, or it was revoked."""

    remedy = "`minga virtual-keys list` shows them all."


class UnknownBudget(BadInput):
    """The {scope} {name!r} has no budget for this window: {window}"""

    remedy = "`minga budgets list` shows them all."


class BadCertificate(BadInput):
    """The TLS certificate {path!r} cannot be used: {detail}"""

    remedy = "Give --tls-cert and --tls-key PEM files that belong together, the server's own certificate first."


class Untranslatable(BadInput):
    """This cannot be translated as {kind} of {format!r}: {detail}"""

    remedy = "Check --from, and say with --kind what it is; `minga translate --help` tells what is taken."


class UnknownRule(BadInput):
    """There is no rule {rule!r}."""

    remedy = "{suggestion}`minga dte rules` lists them all."


class SchemasUnfit(BadInput):
    """{place!r} is no set of the SII's schemas that can be installed: {detail}."""

    remedy = (
        "Give the folder or archive that holds DTE_v10.xsd and the files beside it, unchanged; a set that Minga does "
        "not know yet: --as NAME --valid-from DATE."
    )


class SchemasChanged(BadInput):
    """The schema {path!r} is not the file that was installed."""

    remedy = "Install the set again: minga dte schemas update PLACE."


class BadDraft(BadInput):
    """The document cannot be made: {place}: {detail}."""

    remedy = (
        "{suggestion}`minga dte make --example 33` shows a whole one; `minga dte make --fields` lists all that there "
        "are."
    )


class UnfitDocument(BadInput):
    """The document was not made: it would break rules, {count} times."""

    remedy = "Mend that in its short form; no folio was used. `minga dte explain RULE` says why a rule is so."


class BadProjectFile(BadInput):
    """The project file {path!r} cannot be used: {detail}"""

    remedy = 'Correct it, or remove it. It says how work is checked: [verify], commands = ["pytest -q"].'


class UnknownSpecialist(BadInput):
    """There is no specialist named {name!r}."""

    remedy = "{suggestion}`minga specialists list` shows them all."


class BadSpecialist(BadInput):
    """The specialist {path!r} cannot be used, line {line}: {detail}"""

    remedy = "Correct that line; `minga specialists check FILE` reads it again, and `new` writes a right one."


class BadMessage(BadInput):
    """This message cannot be made: {detail}."""

    remedy = "`minga dte make`, `minga dte respond` and `minga dte cede` with --help say what they take."


class BadCaf(BadInput):
    """The folio authorisation (CAF) {path!r} cannot be used: {detail}."""

    remedy = (
        "{suggestion}Download it again from the SII (Solicitud de timbraje electrónico) and give the file as it came."
    )


class NoFolio(BadInput):
    """There is no folio left for documents of type {kind} of {issuer}: {detail}."""

    remedy = "Ask the SII for more, and add the file: minga dte folios add caf.xml. `minga dte folios list` shows all."


class FolioUsed(BadInput):
    """The folio {folio} of type {kind} of {issuer} was used already."""

    remedy = "Leave `folio` out to take the next free one; `minga dte folios list` shows all."


class UnknownFolio(BadInput):
    """The folio {folio} of type {kind} of {issuer} stands in no folio authorisation (CAF) here."""

    remedy = "Add the CAF it belongs to: minga dte folios add caf.xml."


class BadSigningKey(BadInput):
    """The signing key {path!r} cannot be used: {detail}."""

    remedy = (
        "{suggestion}Give the file of your digital certificate as the authority gave it (.p12 or .pfx), or PEM with"
        " certificate and key, and its password."
    )


class NoMemoryModel(BadInput):
    """No model is set that may read sessions."""

    remedy = "Set memory_model (MINGA_MEMORY_MODEL) to a model of the gateway; what is sent goes to its provider."


class RuleTooLong(BadInput):
    """This is {length} characters long; a rule or habit may have {limit}, since every run is told it."""

    remedy = "Say it shorter, or in several; what need only be found when it is asked for: `minga memory add`."


class ConfigUnreadable(BadInput):
    """{path} does not parse, line {line}: {detail}."""

    remedy = "Nothing was changed. Mend that line, then run the command again."


class ConnectionDamaged(BadInput):
    """The record of a connection, {path}, is damaged."""

    remedy = (
        "Nothing was changed. Move that file away and run the command again: what Minga wrote is then found in the "
        "configuration of the CLI."
    )


class ConfigUnfit(BadInput):
    """{path}, line {line}: there is no place for Minga: {detail}."""

    remedy = "Nothing was changed. Mend that line by hand, or make room there, then run the command again."


class ConfigTouched(BadInput):
    """{path}, line {line}: {detail} was changed since `minga connect` wrote it."""

    remedy = (
        "Nothing was changed. Take it out there by hand, or have it written anew by `minga connect {agent}`, then run "
        "`minga disconnect {agent}` again."
    )


class NoConsent(BadInput):
    """Nobody is here who could be asked whether files of {agent} may be changed."""

    remedy = "`--dry-run` shows what would be changed; `--yes` changes it."


class RulesUnreadable(BadInput):
    """The rules in {path!r} cannot be read: {detail}"""

    remedy = "Mend the file (UTF-8 text in Markdown), and run again. Nothing was written."


class BlockDamaged(BadInput):
    """Minga's block in {path!r} cannot be told from the rest: {detail} (line {line})"""

    remedy = "Mend that line, so that the file has one block or none, and run again. Nothing was written."


class BlockEdited(BadInput):
    """Minga's block was changed by hand since it was written: {paths}"""

    remedy = (
        "minga rules diff shows what would be lost; minga rules import takes it into .minga/rules.md;"
        " minga rules render --force overwrites it."
    )


class SecretInRule(BadInput):
    """The rule {place} looks as if it held a secret"""

    remedy = "Take the secret out: rules are written into files, and told to every model."


class RulesElsewhere(BadInput):
    """{path!r} leads out of the project, to {target!r}"""

    remedy = "Replace the link by a file, or choose other files: minga rules render --for, --in."


class ChangedMeanwhile(BadInput):
    """{path!r} was changed after it was read"""

    remedy = "Run again: what changed is taken into account then."


class NotReady(MingaError):
    """{detail}"""

    exit_code = 3


class InstallFailed(NotReady):
    """Installing {agent!r} failed: {detail}"""

    remedy = "Check that `npm --version` answers and that the npm registry can be reached."


class InstallUnwritable(InstallFailed):
    """Installing {agent!r} failed, for something could not be written: {detail}"""

    remedy = (
        "Make that place writable, or free space there; or choose another one: MINGA_HOME for what is installed,"
        " npm_config_cache for npm's own files."
    )


class WorktreeFailed(NotReady):
    """git could not handle the worktree {path!r}: {detail}"""

    remedy = "See `minga worktrees list`; `git worktree prune` clears what was removed by hand."


class ChangesDoNotFit(NotReady):
    """The changes of the worktree {name!r} do not fit your files: {detail}"""

    remedy = "Nothing was changed. Commit or undo your own changes there and merge again; see `minga worktrees diff`."


class TooManySessions(NotReady):
    """{limit} sessions of {user!r} are at work already."""

    remedy = "Wait until one has ended (`minga sessions list` shows which run), or raise sessions_at_work_max."


class MigrationFailed(NotReady):
    """The session cannot go on in {agent!r}: {detail}"""

    remedy = "Nothing of yours was changed. A brief carries it as text: minga run --agent {agent} --session ID."


class NoRoomToMigrate(MigrationFailed):
    """The session cannot go on in {agent!r}: there is no room for it at {path!r}."""

    remedy = "Free space there, and do it again. Nothing of yours was changed, and nothing half-written is left."


class UndoFailed(NotReady):
    """Not everything that was written for {agent!r} was taken away: {detail}"""

    remedy = "What is named lies where it was. What the CLI went on in is yours: delete it there if you do not want it."


class StoreInUse(NotReady):
    """The store {store!r} is in use by {others} other Minga process(es)."""

    remedy = "Wait for their end, or stop them, and run the command again. Nothing was changed."


class NoBackupHere(NotReady):
    """The store is in PostgreSQL, and Minga makes no backups of it."""

    remedy = "Use pg_dump, without the tables of keys: {command}"


class FileUnwritable(NotReady):
    """The file {path!r} cannot be written: {detail}"""

    remedy = "Free space there, or choose another place. What was there before is as it was."


class SubAgentUnwritable(NotReady):
    """The sub-agent {path!r} cannot be written or removed: {detail}"""

    remedy = "Make its folder writable, or leave that CLI out of --for."


class LogUnwritable(NotReady):
    """The log {path!r} cannot be written: {detail}"""

    remedy = "Choose another file with --log, or leave it out: the lines go to standard error then."


class DiffDoesNotFit(NotReady):
    """The uncommitted changes of the pack do not fit {path!r}: {detail}"""

    remedy = "Nothing was changed. Check out {commit} there, with no changes of your own, or leave out --apply-diff."


class DiffNotTaken(NotReady):
    """The uncommitted changes of {path!r} cannot be packed: {detail}"""

    remedy = "Leave out --with-diff, or give the pack of a session whose directory is a git repository with a commit."


class ProcessLost(NotReady):
    """One of the processes that did the work was ended from outside."""

    remedy = (
        "Where memory ran out, as is usual then, give fewer processes (`--jobs 1`) or fewer files at once. A program "
        'of your own asks for several processes only below `if __name__ == "__main__":`.'
    )


class DeviceFailed(NotReady):
    """The key device {device!r} cannot sign: {detail}."""

    remedy = "Plug it in, and give its label, its PIN and the library (PKCS#11) of its maker."


class PortInUse(NotReady):
    """{host}:{port} cannot be listened on: {detail}"""

    remedy = "Choose another with --port, or stop what has it."


class SyncPlaceFailed(NotReady):
    """{place!r} cannot be used for sync: {detail}"""

    remedy = "Mend that and run the same command again; it goes on where it stopped."


class ModelRefused(NotReady):
    """The model {model!r} gave no answer: {detail}"""

    remedy = "What was made before is kept; try the same command again. memory_budget_usd is for each day (UTC)."

    def __init__(self, *, is_final: bool = False, **values: Any) -> None:
        """``is_final``: whatever else is asked now will have no answer, either."""
        super().__init__(**values)
        self.is_final = is_final


class UnreadableModel(NotReady):
    """The model for meaning cannot be used: {detail}"""

    remedy = "Only words are compared until it is installed anew: pip install --force-reinstall 'minga[memory]'"


class UnreadableReader(UnreadableModel):
    """The model that reads passages cannot be used: {detail}"""

    remedy = "Only words and meaning tell what is known until it is installed anew: pip install --force-reinstall minga"


class ConfigUnwritable(NotReady):
    """{path} cannot be changed: {detail}."""

    remedy = "Nothing of it was changed. Mend what stands in the way, then run the command again."


class ConfigChanged(NotReady):
    """{path} was changed while its changes were being shown."""

    remedy = "Nothing of it was changed. Run the command again."


class StoreError(MingaError):
    """The store {store!r} cannot be used: {detail}"""

    exit_code = 4

    def __init__(self, **values: Any) -> None:
        super().__init__(**{"store": "", **values})


class StoreLocked(StoreError):
    """The store {store!r} is locked by another program and stayed so for {limit_s:g} s."""

    remedy = "Close the program that holds it (a backup, a database browser), then run the command again."


class StoreTooNew(StoreError):
    """The store {store!r} has schema {found}; this Minga knows schemas up to {known}."""

    remedy = "Update Minga, or set MINGA_HOME to another directory."


class StoreUnwritable(StoreError):
    """The store {store!r} cannot be written: {detail}"""

    remedy = "Make the directory writable, or set MINGA_HOME to one that is."


class StoreFull(StoreError):
    """The disk that holds the store {store!r} is full."""

    remedy = "Free space there, or set MINGA_HOME to a directory on another disk. What was shown is stored."


class DerivedInTheWay(StoreError):
    """{path!r} is no {wanted}: Minga keeps there what it derives from sessions."""

    remedy = "Move it away; what belongs there is made anew from the sessions."


class StoreDamaged(StoreError):
    """The store {store!r} is not a Minga database or is damaged: {detail}"""

    remedy = "{suggestion}Move it and keys.db away to begin anew; `minga backup list` shows the backups."

    def __init__(self, **values: Any) -> None:
        super().__init__(**{"suggestion": "", **values})


class BackupDamaged(StoreError):
    """The backup {name!r} cannot be used: {detail}"""

    remedy = "`minga backup verify` says which are good."


class StoreNotEncrypted(StoreError):
    """The store {store!r} is not encrypted: an older Minga or another program wrote it."""

    remedy = "Move the file away and run again; what wrote it can still read it."


class StoreUnreachable(StoreError):
    """The database server {store!r} cannot be reached: {detail}"""

    remedy = "Start it, or correct MINGA_DATABASE_URL."


class ContentDamaged(StoreError):
    """A piece of {place!r} in the store cannot be opened: it was changed, or belongs to another session."""

    remedy = "Restore a backup: minga backup list."


class MasterKeyLost(StoreError):
    """The master key {key!r} is not in {source} any more: no session and no search index of {store!r} can be read."""

    remedy = (
        "Put the key back: minga keys import FILE (the file of `minga keys export`), or the copy of the key file in its"
        " place. Without it they are gone for good. The conversations in the CLIs' own files are not touched."
    )


class MasterKeyUnusable(StoreError):
    """The master key in {source} cannot be used: {detail}"""

    remedy = "Mend that; what is stored is as it was. `minga keys show` says which key is needed, and from where."


class MasterKeyDamaged(MasterKeyUnusable):
    """The master key in {source} cannot be read: {detail}"""

    remedy = "minga keys import FILE (of `minga keys export`) mends it; or put a copy of the key file in its place."


class KeysLost(StoreError):
    """The keys of the store {store!r} are gone: {keys!r} is missing or empty. What is in the store cannot be read."""

    remedy = (
        "Put keys.db back from a copy of your own (Minga makes none, so that a deleted key stays deleted). Without it,"
        " move the store away to begin anew. The conversations in the CLIs' own files are not touched."
    )


class KeysDamaged(StoreError):
    """The key store {store!r} is damaged: {detail}"""

    remedy = "Put keys.db back from a copy of your own, and leave minga.db as it is: no backup of it holds keys."


class KeysMissing(StoreError):
    """{count} of your sessions have no key in {keys!r}, and no receipt says that they were deleted: {sessions}."""

    remedy = "They are kept. Stop every Minga, and put back a copy of keys.db of your own that was made after them."
