"""Rules of the injection guard about running what somebody else decides: downloads, hidden commands, shells for others."""

from hone.safety.injection_deeds import LOCAL, MARKDOWN, SINK
from hone.safety.injection_rule import Rule

_SHELLS = r"(?:sudo\s+(?:-\w+\s+)?)?(?:env\s+)?(?:/(?:usr/)?bin/)?(?:(?:ba|z|da|k|a)?sh|python[\d.]*|perl|ruby|node|php)\b"
_GETS = r"\b(?:curl|wget|aria2c|iwr|irm|invoke-webrequest|invoke-restmethod)\b"
_AFAR = rf"(?:\b(?:https?|ftp)://{LOCAL}[\w\[$<{{]|(?<=[\s\"'`]){LOCAL}(?:[\w-]+\.)+[a-z]{{2,}}[/:])"
_AS_PROGRAM = (  # not `python -c …` and the like, which only read what comes
    r"(?:sudo\s+(?:-\w+\s+){0,3})?(?:env\s+)?(?:\w+=\S*\s+){0,4}(?:/(?:usr/)?(?:local/)?bin/)?"
    r"(?:(?:ba|z|da|k|a|fi)?sh\b(?!\s+-\w*c\b|[\w.-])|(?:python[\d.]*|perl|ruby|node|php|bun)(?:\s+-(?=[\s\"'`]|$)|\s*(?=$|[\"'`;&|)*])))"
)
_RUNS_DOWNLOAD = (
    rf"{_GETS}[^\n|;]{{0,240}}?{_AFAR}[^\n|;]{{0,200}}(?:\|[^\n|;]{{0,60}}){{0,2}}\|\s*(?:{_AS_PROGRAM}|iex\b)"
    rf"|(?:\b(?:(?:ba|z|da|k|a)?sh|eval|exec|source|python[\d.]*|perl|ruby|node)|(?:^|[\s`;&|])\.)\s+(?:-\w+\s+){{0,3}}[\"'`]{{0,2}}(?:\$\(|<\(|`)\s*{_GETS}[^\n]{{0,240}}?{_AFAR}"
    rf"|\biex\b[^\n]{{0,60}}\b(?:iwr|irm|invoke-\w+|downloadstring)\b[^\n]{{0,60}}{_AFAR}"
)
_LOOKED_AT = r"(?:cat|less|more|head|sed -n|bat|review\w*|inspect\w*|sha\d+sum|shasum|gpg|cosign|verif\w+)"
_RUNS_SAVED = (
    rf"{_GETS}(?=[^\n]{{0,240}}{_AFAR})(?:(?!\b{_LOOKED_AT}\b)[^\n]){{0,240}}?[/>\s\"'=]([\w-]{{1,40}}(?:\.\w{{1,8}})?\.(?:sh|py|bash|run|ps1|pl|rb|js))(?![\w./-])(?:(?!\b{_LOOKED_AT}\b)[\s\S]){{0,300}}?"
    r"(?:\b(?:(?:ba|z|da|k)?sh|source|python[\d.]*|perl|ruby|node|pwsh)\s+(?:-\w+\s+){0,3}[\"'`]?|(?:^|[\s;&`\"'])(?=\.?/)|\bchmod\s+\S{1,9}\s+)(?:[\w$~{}.-]{0,40}/){0,6}\1(?![\w.-])"
)
_GETTERS = (
    "curl",
    "wget",
    "aria2c",
    "iwr",
    "irm",
    "invoke-webrequest",
    "invoke-restmethod",
    "downloadstring",
)

# fmt: off
RUNS: tuple[Rule, ...] = (
    Rule(
        id="runs-download",
        severity="obvious",
        reason="runs a download from a host that nobody vouches for",
        words=("curl", "wget", "iwr", "irm", "invoke-webrequest"),
        pattern=(
            rf"\b(?:curl|wget|iwr|irm|invoke-webrequest)\b[^\n|;]{{0,200}}?(?:{SINK}|https?://[\w.-]+\.(?:onrender\.com|glitch\.me|herokuapp\.com|repl\.co|replit\.app|workers\.dev|duckdns\.org|tk|top|xyz|ml|zip|ru)\b|https?://(?:bit\.ly|tinyurl\.com|t\.co|is\.gd|gist\.githubusercontent\.com)/)[^\n|;&]{{0,160}}(?:\|\s*{_SHELLS}|\|\s*iex\b|(?:&&|;)\s*(?:chmod[^\n;&]{{0,60}}(?:&&|;)\s*)?(?:{_SHELLS}\s+|source\s+|\./)\S)"
        ),
        quotable=False,
    ),
    Rule(
        id="remembers-to-run-download",
        severity="obvious",
        reason="has every session run a download",
        words=_GETTERS,
        pattern=_RUNS_DOWNLOAD,
        kinds=("memory",),
        quotable=False,
    ),
    Rule(
        id="runs-any-download",
        severity="suspect",
        reason="runs what it downloads, unseen",
        words=_GETTERS,
        pattern=_RUNS_DOWNLOAD,
        kinds=MARKDOWN,
    ),
    Rule(
        id="runs-saved-download",
        severity="suspect",
        reason="runs what it downloads, unseen",
        words=_GETTERS,
        pattern=_RUNS_SAVED,
        kinds=("memory", "skill"),
    ),
    Rule(
        id="encoded-command",
        severity="obvious",
        reason="runs a command that it hides in an encoding",
        words=("base64", "fromcharcode", "-enc", "unhexlify", "xxd -r", "fromhex", "atob(", "rot13", "b64decode"),
        pattern=(
            rf"\bbase64\s+(?:-d|--decode|-di)\b[^\n|]{{0,60}}\|\s*{_SHELLS}|\b(?:eval|{_SHELLS}\s+-c)\s+[\"'`]?\$?[(`]+[^\n]{{0,160}}base64\s+(?:-d|--decode)\b|\bxxd -r[^\n|]{{0,40}}\|\s*{_SHELLS}"
            r"|\b(?:exec|eval)\s*\(\s*(?:compile\s*\(\s*)?(?:base64\.b64decode|codecs\.decode|bytes\.fromhex|binascii\.unhexlify|atob|zlib\.decompress|__import__\(['\"]base64)"
            r"|\bpowershell(?:\.exe)?\b[^\n]{0,80}\s-e(?:nc|ncodedcommand)?\s+[a-z0-9+/=]{24,}"
        ),
    ),
    Rule(
        id="runs-fetched-code",
        severity="obvious",
        reason="evaluates code that it fetches while it runs",
        words=("eval", "exec(", "iex", "new function"),
        pattern=(
            r"\b(?:eval|exec)\s*\(\s*(?:compile\s*\(\s*)?(?:await\s+)?\(?\s*(?:await\s+)?(?:requests|httpx|urllib(?:\.request)?|urlopen|fetch|axios|http)\b(?:\.\w+)*\s*\("
            r"|\biex\s*\(+\s*(?:new-object|iwr|irm|invoke-)|\bnew function\s*\(\s*(?:await\s+)?\(?\s*await fetch\("
        ),
    ),
    Rule(
        id="reverse-shell",
        severity="obvious",
        reason="opens a shell to another host",
        words=("/dev/tcp/", "nc ", "ncat", "pty.spawn", "dup2", "socat", "mkfifo"),
        pattern=(
            r"\b(?:ba|z)?sh\s+-i\s*(?:>&|&>|>|<)\s*/dev/tcp/|\b(?:nc|ncat)\b[^\n|]{0,80}\s(?:-e|-c|--exec)\s+\S*sh\b|\bmkfifo\b[^\n]{0,160}\|\s*(?:nc|ncat)\b"
            r"|\bsocket\b[^\n]{0,300}\bdup2\(|\bsocat\b[^\n]{0,120}\bexec:[^\n]{0,40}sh\b"
        ),
    ),
)
# fmt: on
