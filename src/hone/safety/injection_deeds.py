"""Rules of the injection guard about deeds: leading data out, destroying, staying, spying."""

from hone.safety.injection_rule import Kind, Rule

MARKDOWN: tuple[Kind, ...] = ("skill", "script")

_KEY_FILE = (
    r"(?:(?<![\w.])\.env(?!\.(?:example|sample|template|dist)\b)(?:\.\w+)?\b|\.ssh\b|\bid_(?:rsa|ed25519|ecdsa)\b|\.aws/credentials|\.netrc\b|\.git-credentials\b"
    r"|\.kube/config\b|\.gnupg\b|\.docker/config\.json|/etc/shadow\b|login\.keychain|wallet\.dat\b|\.pgpass\b"
    r"|\bprintenv\b|\.(?:bash|zsh)_history\b|\bcookies\.sqlite\b|\blogin data\b|application_default_credentials)"
)
_KEYS = (
    rf"(?:{_KEY_FILE}|\b(?:api|access|private|secret|ssh|signing|encryption)[ _-]?keys?\b|\bcredentials?\b|\bpasswords?\b"
    r"|\b(?:access|auth|session|bearer|api|github|npm)[ _-]?tokens?\b|\bsecrets\b|\benvironment variables\b|\benv(?:ironment)? vars?\b"
    r"|\bseed phrases?\b|\b(?:session )?cookies\b|\bsystem prompt\b|\bbrows(?:er|ing) history\b)"
)
SINK = (
    r"(?:webhook\.site|requestbin|requestcatcher|pipedream\.net|ngrok(?:-free)?\.(?:io|app|dev)|trycloudflare\.com|burpcollaborator"
    r"|\boast\.\w+|interact\.sh|pastebin\.com|paste\.rs\b|\bix\.io\b|termbin\.com|transfer\.sh|\b0x0\.st|file\.io\b|anonfiles|localtunnel\.me"
    r"|beeceptor\.com|discord(?:app)?\.com/api/webhooks|api\.telegram\.org/bot|\.onion\b|https?://\d{1,3}(?:\.\d{1,3}){3})"
)
LOCAL = (  # what follows is no host of this machine or its network
    r"(?!(?:localhost|127\.[\dx.]+|0\.0\.0\.0|10\.[\dx.]+|192\.168\.[\dx.]+|172\.(?:1[6-9]|2\d|3[01])\.[\dx.]+|\[::1\])"
    r"(?![\w@-]|\.\w|:[^\s/]{0,40}@))"
)
POSTS = (
    r"(?:\b(?:curl|wget|http)\b[^\n]{0,240}?(?:\s-f[ =]?[\"']?\w*=|\s--form\b|\s-t\b|--upload-file|--post-file|\s-d\b|--data(?:-\w+)?\b|\s-x ?post|--request post)"
    r"|requests\.(?:post|put)\(|httpx\.(?:post|put)\(|axios\.post\(|https?\.request\(|urlopen\(|fetch\([^\n]{0,120}method['\"]?: ?['\"]post"
    r"|\|\s*(?:nc|ncat|curl|socat)\b|/dev/tcp/|\bsocket\.(?:socket|create_connection)\()"
)
_PRIVATE = (
    r"(?:\.ssh(?![\w/-])|\.ssh/(?:\*|id_\w+(?!\.pub|\w))|\bid_(?:rsa|ed25519|ecdsa|dsa)\b(?!\.pub)|\.aws(?:/credentials)?\b|\.netrc\b|\.pgpass\b|\.git-credentials\b|\.gnupg\b"
    r"|\.kube/config\b|\.docker/config\.json|/etc/shadow\b|application_default_credentials)"
)
_KEY_FILES = (".env", ".ssh", "id_rsa", "id_ed25519", "id_ecdsa", ".aws", ".netrc", ".git-credentials", ".kube", ".gnupg", ".docker", "/etc/shadow", "keychain", "wallet.dat", "printenv", "_history", "cookies.sqlite", "login data", ".pgpass", "default_credentials")  # fmt: skip
_SECRETS = (
    *(f"{which}{joint}key" for which in ("api", "access", "private", "secret", "ssh", "signing", "encryption") for joint in (" ", "_", "-", "")),
    *(f"{which}{joint}token" for which in ("access", "auth", "session", "bearer", "api", "github", "npm") for joint in (" ", "_", "-", "")),
    "credential", "password", "secrets", "environment var", "env var", "seed phrase", "cookies", "system prompt", "browser history", "browsing history", *_KEY_FILES,
)  # fmt: skip
_HOME = r"[\"'`]?(?:(?:~|\$\{?home\}?|/root|/home/\w+|/users/\w+)/)?"
_SENDS = r"\b(?:send|upload|post|transmit|forward|e-?mail|exfiltrate|leak|submit|deliver|ship|beacon|report)(?:s|ing|ed|d)?\b"
_OUTSIDE = (
    r"(?:https?://" + LOCAL + r"|\b(?:to|with|by) (?:our|my|an?|the|this|that|their)\s+(?:\w+[ -]){0,3}?"
    r"(?:server|endpoint|webhook|collector|address|service|host|bucket|domain|url|location tool)\b|\bto [\w.+-]+@[\w-]+\.\w)"
)

# fmt: off
DEEDS: tuple[Rule, ...] = (
    # Exfiltration: something of the user's goes to somebody else.
    Rule(
        id="secret-upload",
        severity="obvious",
        reason="sends a file with secrets to another host",
        words=(".env", ".ssh", "id_rsa", "id_ed25519", ".aws", ".netrc", ".git-credentials", ".kube", ".gnupg", ".docker", "/etc/shadow", "keychain", "wallet.dat", "printenv", "cookies.sqlite", "login data", ".pgpass", "env |", "default_credentials", "_history", "os.environ", "process.env"),
        pattern=(
            rf"{POSTS}[^\n]{{0,160}}?{_KEY_FILE}|(?:\bcat\b|\bbase64\b|\btar\b|\bzip\b|<|@|open\(|read\w*\(|path\()[^\n|;]{{0,80}}?{_KEY_FILE}|\benv\s*\|\s*(?:curl|nc|base64)\b"
            rf"|{POSTS}[^\n]{{0,160}}?(?:dict\(os\.environ|[=(]\s*os\.environ\b(?![\[.])|\bprocess\.env\s*[,)}}])"
        ),
        near=(POSTS, r"https?://" + LOCAL + r"|/dev/tcp/|\bnc\b|\bncat\b"),
        reach=400,
        quotable=False,
    ),
    Rule(
        id="secret-sent-away",
        severity="obvious",
        reason="tells the agent to send secrets to somebody",
        words=_SECRETS,
        pattern=(
            rf"{_SENDS}\s+(?:\w+\W{{1,3}}){{0,7}}?{_HOME}(?:{_KEY_FILE}[^\n]{{0,40}}?\bto [\"'`]?(?:[\w-]+\.)+[a-z]{{2,}}\b|{_KEYS}(?![^\n.]{{0,24}}\b(?:value|headers?|as|only|via)\b)"
            rf"(?=[^\n.]{{0,120}}(?:https?://{LOCAL}|\bto (?:our|my)\s+(?:\w+[ -]){{0,4}}?(?:server|endpoint|webhook|collector|address|service|host|bucket)\b|\bto [\w.+-]+@[\w-]+\.\w|{SINK})))"
        ),
    ),
    Rule(
        id="keys-copied-away",
        severity="obvious",
        reason="copies a private key or credentials to another machine",
        words=("scp ", "rsync ", "sftp ", "rclone ", "s3 cp", "s3 mv", "s3 sync", "gsutil "),
        pattern=(
            rf"\b(?:scp|rsync|sftp|rclone (?:copy|copyto|move)|aws s3 (?:cp|mv|sync)|gsutil (?:-m )?(?:cp|mv|rsync))\s[^\n|;&]{{0,160}}?(?<=[\s\"'])(?<!-i )(?<!-i [\"'])(?<!\bf )"
            rf"[\w~$./{{}}-]{{0,80}}?{_PRIVATE}[^\n|;&`]{{0,120}}?\s[\"']?(?:(?:[\w.-]+@)?[\w.-]+:(?!//{LOCAL}?localhost)|s3://|gs://)"
        ),
        quotable=False,
    ),
    Rule(
        id="secrets-opened",
        severity="suspect",
        reason="makes a private key or credentials readable for others",
        words=("chmod", "setfacl", "icacls"),
        pattern=rf"\b(?:chmod\s+(?:-\w+\s+)?(?:0?[0-7][0-7][4-7]|0?[0-7][4-7][0-7]|[augo]*[ao][augo]*[+=][rwx]*r[rwx]*|\+r[wx]*)|setfacl\s+-m\s+\S+|icacls\s+\S+\s+/grant\s+everyone\S*)\s+[^\n|;&]{{0,60}}?{_PRIVATE}",
        kinds=("memory", "skill", "script"),
    ),
    Rule(
        id="secret-collected",
        severity="obvious",
        reason="collects secrets and sends them away",
        words=(".env", ".ssh", "private key", "credential", "browser history", "pbpaste", "screencapture", "clipboard", "api key", "system prompt", "id_rsa", ".aws"),
        pattern=rf"\b(?:collect|gather|scan|harvest|search|read|dump|extract|grab|steal|copy|cat|find|run)\w*\b[^\n]{{0,100}}?(?:{_KEY_FILE}|\bpbpaste\b|\bxclip\b|\bscreencapture\b|\bclipboard\b|\bprivate keys?\b|\bcredentials\b|\bapi keys\b|\bbrowser (?:history|data)\b)",
        near=(rf"(?:{_SENDS}[^\n]{{0,100}}(?:\bto our\b|\bto the (?:\w+ ){{0,3}}(?:server|collector|endpoint)\b|https?://{LOCAL}))",),
        reach=400,
    ),
    Rule(
        id="conversation-sent-away",
        severity="obvious",
        reason="sends what is said or worked on to another host",
        words=("conversation", "chat", "system prompt", "prompt", "user's", "message", "transcript", "source code", "working directory"),
        pattern=(
            rf"{_SENDS}\s+(?:\w+\s+){{0,5}}?(?:conversation|chat (?:history|log)|system prompt|transcript|user's (?:\w+ )?(?:messages?|data|prompts?|files?|input|request)|(?:full|entire|whole) (?:prompt|context|source code|codebase|working directory))\b"
            rf"(?=[^\n]{{0,160}}(?:https?://{LOCAL}|\bto our (?:\w+ ){{0,4}}(?:server|endpoint|webhook|collector)|{SINK}))"
        ),
    ),
    Rule(
        id="copy-sent-away",
        severity="suspect",
        reason="sends a copy of the work to another host",
        words=("copy of", "backup", "contents of", "forward", "upload", "bcc", "conversation", "transcript", "chat", "session"),
        pattern=(
            rf"\b(?:send|upload|post|make|forward)\s+(?:\w+\s+){{0,3}}?(?:a (?:manual |full )?(?:copy|backup)\b(?: of (?:the|all|every|each|your) (?:\w+ )?(?:data|files?|documents?|emails?|code|information|dataset))?|the contents? of \S+|valuable\S*)[^\n]{{0,80}}?(?:\bto\b|\bat\b)[^\n]{{0,80}}?(?:https?://{LOCAL}|\b(?:our|the) (?:\w+ ){{0,2}}(?:central |collector |monitoring |mlops )server\b)"
            rf"|\bforward(?:ed)?\s+(?:\w+\s+){{0,4}}?(?:to (?:the )?(?:monitoring|ai agent|external)\b|(?:it|them|each|all|every\w*)\s+(?:\w+\s+){{0,3}}?to [\w.+-]+@[\w-]+\.\w)"
            rf"|\bforward (?:every|all|each)\s+[^\n]{{1,60}}?\s+to (?:https?://{LOCAL}|[\w.+-]+@[\w-]+\.\w)|\bbcc\b[^\n]{{0,30}}?[\w.+-]+@[\w-]+\.\w"
            rf"|\b(?:chat|conversation|transcript|session)\b[^\n]{{0,60}}\b(?:append|add|encode|put|query parameter)\w*\b[^\n]{{0,80}}https?://{LOCAL}"
            r"|\b(?:all|every) e-?mails? (?:are|is|be|must be) forwarded to\b"
        ),
    ),
    Rule(
        id="upload-to-collector",
        severity="obvious",
        reason="uploads to a server that collects from its readers",
        words=("curl", "requests.post", "upload"),
        pattern=r"\bcurl\b[^\n]{0,160}?(?:\s-f|\s--form|\s-d|--data\S*|\s-t|--upload-file)\s?[^\n]{0,80}?(?:@(?:loc|cp|screenshot|clipboard|history|passwords?|keys?|env|secrets|dump|all)\b|@<file|<(?:system_prompt|system_info|conversation|user_\w+)>)",
        near=(rf"https?://{LOCAL}[\w.-]+\.\w", r"\b(?:our|always|after|verify|valid\w*|check|upload|send|backup|collect\w*)\b"),
        quotable=False,
    ),
    Rule(
        id="secret-piped-out",
        severity="obvious",
        reason="sends secrets to another host",
        words=("env >", "env>", "find-generic-password", "find-internet-password", "export-secret", "secretsmanager", "kubectl get secret", "auth token", "printenv", "$(", "document.cookie"),
        pattern=(
            rf"\benv\s*>\s*\S+[^\n]{{0,80}}\b(?:curl|nc|wget)\b[^\n]{{0,80}}@"
            rf"|\b(?:security find-(?:generic|internet)-password|export-secret-keys?|secretsmanager get-secret-value|gh auth token|kubectl get secrets?|printenv)\b[^\n]{{0,120}}\|\s*(?:curl|nc|wget)\b"
            rf"|https?://{LOCAL}[^\s\"'`]{{1,120}}(?:\$\((?:cat|env|printenv|base64|history|whoami|tar)\b|[\"']\s*\+\s*document\.cookie)"
        ),
    ),
    Rule(
        id="secret-in-answer",
        severity="suspect",
        reason="puts secrets where others read them",
        words=(*_KEY_FILES, "the value", "the content"),
        pattern=(
            rf"\b(?:read|cat|open|load)\b[^\n]{{0,40}}{_KEY_FILE}[^\n]{{0,30}}\b(?:and|then)\s+(?:include|append|print|paste|output|add|show|repeat|return|attach|send|upload|push|post|commit|forward|e-?mail|keep|log)\b"
            rf"|\b(?:append|attach|copy|add|paste|include|embed|commit|write|put|save|print|dump|echo|cat|keep)\s+(?:\w+\s+){{0,4}}?[\"'`]?{_HOME}{_KEY_FILE}[^\n.;]{{0,40}}?(?:\b(?:to|into|in|with|at)\b|>>?)[^\n.;]{{0,24}}?(?:\b(?:logs?|reports?|artifacts?|issues?|comments?|messages?|answers?|responses?|commits?|e-?mails?|pull requests?|outputs?|footers?|wiki|gists?)\b|\w\.(?:log|txt|html)\b)"
            r"|\b(?:contain|include|print|output|append|embed)s?\s+the (?:value|contents?) of \$?\w*(?:token|_key|secret|password)\b"
        ),
    ),
    Rule(
        id="mirrors-code",
        severity="suspect",
        reason="pushes the repository to a place of its own",
        words=("git remote add", "git push"),
        pattern=r"\bgit remote add\b[^\n]{0,40}(?:https?://|git@)[^\n]{0,120}\bgit push\b[^\n]{0,40}--(?:all|mirror)\b|\bgit push (?:--\w+ )*(?:https?://(?!github\.com/(?:<|\{|your|\$))|git@)\S+ --(?:all|mirror)",
    ),
    Rule(
        id="orders-from-afar",
        severity="suspect",
        reason="has the agent do what a page says that may change at any time",
        words=("http",),
        pattern=rf"\b(?:fetch|download|open|visit|read|load|get|curl|check)\b[^\n]{{0,40}}https?://{LOCAL}\S+[^\n]{{0,30}}\b(?:and|then)\s+(?:follow|execute|obey|do)\s+(?:the|what|any|whatever|its|all|every)\b[^\n]{{0,30}}?(?:instructions?|says|commands?|orders|contents?)\b",
    ),
    Rule(
        id="image-beacon",
        severity="suspect",
        reason="leads data out in the address of an image or a link",
        words=("](http", "<img"),
        pattern=r"!\[[^\]\n]{0,80}\]\(https?://[^)\s]{1,200}[?&/][\w-]{0,24}=?(?:\{\{?|<|\$\{?|%7b|\[)(?:data|secret|conversation|context|history|prompt|summary|base64|encoded|env|key|token|user|content|message)",
        quotable=False,
    ),
    Rule(
        id="data-sink",
        severity="obvious",
        reason="sends data to a host made for catching it",
        words=("webhook.site", "requestbin", "requestcatcher", "pipedream.net", "ngrok", "trycloudflare", "burpcollaborator", "oast.", "interact.sh", "pastebin", "paste.rs", "ix.io", "termbin", "transfer.sh", "0x0.st", "file.io", "anonfiles", "localtunnel", "beeceptor", "/api/webhooks", "api.telegram.org", ".onion", "://1", "://2", "://3", "://4", "://5", "://6", "://7", "://8", "://9"),
        pattern=SINK,
        near=(rf"{POSTS}|{_SENDS}", rf"{_KEY_FILE}|\$\((?:cat|env|whoami|hostname|history)\b|\bdict\(os\.environ|json=os\.environ|\bprocess\.env\)|\bcredentials\b|\bconversation\b|\bchat history\b|\bprivate key|\bapi keys\b|\bpasswords\b|\bsource code\b|\b(?:whole|entire|full) (?:repository|repo|project|codebase|workspace|home|directory)\b"),
        reach=140,
    ),
    # Destruction.
    Rule(
        id="wipes",
        severity="suspect",
        reason="deletes beyond the work at hand",
        words=("rm -", "mkfs", "dd if=", "rm $(", ":(){", "delete all", "delete every", "delete them", "delete the orig", "remove all", "remove them", "remove the orig", "shred the orig", "erase the orig", "--no-preserve-root", "encrypt", "chmod -r 777"),
        pattern=(
            r"(?:^|[`;&|]|\brun\s)\s*(?:sudo\s+)?rm\s+(?:-\w*[rf]\w*\s+){1,3}(?:--no-preserve-root\s+)?[\"']?(?:/|~/?|\$home/?|/\*|~/\*|/(?:etc|usr|var|home|bin|boot|lib)/?)[\"']?(?=\s*(?:$|[`;&|]))"
            r"|\brm\s+-\w*r\w*\s+[^\n`]{0,80}?\s\.\./\*|\brm\s+(?:-\w+\s+)?\$\(\s*cat\b|:\(\)\s?\{\s?:\s?\|\s?:?&?\s?\}\s?;\s?:"
            r"|\bdelete (?:all|every)(?: of)? (?:the )?(?:user's |customer )?(?:files|databases?|backups|documents|data|repositories) (?:on|in|from) (?:the )?(?:machine|system|computer|disk|home directory|working directory|server)\b"
            r"|\b(?:check if|find|any) files (?:are )?older than \w+ (?:days?|hours?) and (?:delete|remove) them\b"
            r"|\bencrypt (?:all|every|each|the)\b[^\n]{0,80}\b(?:delete|remove|shred|erase) the originals?\b|\bchmod\s+-r\s+777\s+(?:/|~)(?=\s|$|`)"
            r"|\b(?:then )?(?:delete|remove) (?:the original file|all other versions of the file)\b"
        ),
        near=(r"\b(?:always|after|before|every|each|important|make sure|finish\w*|remove|clean\w*|should|then|delete|permissions)\b",),
        kinds=("memory", "skill"),
    ),
    # Persistence: it wants to stay.
    Rule(
        id="persists",
        severity="obvious",
        reason="leaves something behind that runs or grants access later",
        words=("authorized_keys", "crontab", "/etc/cron", "launchagents", ".bashrc", ".zshrc", ".profile", ".bash_profile", "systemd"),
        pattern=(
            r"\becho\s+[\"']?(?:ssh-(?:rsa|ed25519)|ecdsa-\S+)\s+[^\n]{0,900}>>\s*\S*authorized_keys"
            r"|/tmp/\S[^\n]{0,80}\|\s*crontab\b|\bcrontab\b[^\n]{0,200}(?:curl|wget|/dev/tcp/|base64)\b|(?:curl|wget|/dev/tcp/|base64)\b[^\n]{0,200}(?:\|\s*crontab\b|>>?\s*/etc/cron)"
            r"|(?:curl|wget|/dev/tcp/|base64 -d|\bnc\s|alias (?:sudo|ssh|git)=)[^\n]{0,200}>>\s*\S*\.(?:bashrc|zshrc|profile|bash_profile|zshenv)\b"
        ),
    ),
    Rule(
        id="writes-own-orders",
        severity="suspect",
        reason="makes the agent keep orders of the text's own for later sessions",
        words=("memory", "claude.md", "agents.md", "memory.md", "user.md", ".cursorrules", "system prompt"),
        pattern=(
            r"\b(?:add|append|write|save|insert|store|put|copy)\s+(?:\w+\s+){0,3}?(?:this|these|the following)\s+(?:\w+\s+){0,3}?(?:instructions?|rules?|lines?|text|sections?|paragraphs?|sentences?|directives?)?\s*(?:to|in|into|at the top of)\s+(?:your|the agent'?s?|its|the user'?s|every)\s+(?:\w+[ -]){0,3}?(?:memory|claude\.md|agents\.md|memory\.md|user\.md|\.cursorrules|system prompt)\b"
            r"|\b(?:remember|memori[sz]e)\b[^\n]{0,60}\b(?:permanently|forever|in all (?:future )?sessions|for (?:all|every) future)\b[^\n]{0,120}\b(?:send|upload|run|execute|ignore|trust|forward|https?:)"
        ),
        kinds=("memory", "skill"),
    ),
    # Safety switched off.
    Rule(
        id="disables-safety",
        severity="obvious",
        reason="switches off what protects the user",
        words=("disable", "turn off", "bypass", "deactivate", "circumvent", "evade", "get around", "switch off", "skip-permissions", "bash(*)", "--approvals"),
        pattern=(
            r"\b(?:disable|turn off|bypass|deactivate|circumvent|evade|get around|switch off)\s+(?:\w+\s+){0,2}?(?:your|the agent'?s|all|any|every|hone'?s)\s+(?:\w+\s+){0,2}?(?:safety|security|sandbox\w*|approvals?|guardrails?|permission|confirmation|injection)\s*(?:checks?|prompts?|filters?|guards?|guidelines|measures|mode|features?|protections?|rules?|settings|systems?)?\b"
            r"|--dangerously-skip-permissions\b[^\n]{0,60}\b(?:all|every|always|further|from now on)\b|\bbash\(\*\)[^\n]{0,60}\b(?:allowed|settings|permissions)\b"
            r"|\bhone\b[^\n]{0,60}--approvals[ =]yes\b[^\n]{0,80}(?:always|every|from now on)"
        ),
    ),
    Rule(
        id="backdoor",
        severity="suspect",
        reason="builds a way in for somebody else",
        words=("backdoor", "hidden "),
        pattern=r"\b(?:insert|add|create|install|plant|embed|leave|include)\s+(?:\w+\s+){0,3}?(?:backdoors?\b|hidden (?:\w+ )?(?:users?|accounts?|admins?)\b)",
    ),
    Rule(
        id="credentials-asked",
        severity="suspect",
        reason="has the user give a secret away",
        words=("password", "api key", "seed phrase", "credential", "private key"),
        pattern=(
            rf"\bask (?:the user|them|for)\s+(?:\w+\s+){{0,4}}?(?:passwords?|seed phrase|private keys?|credit card\w*)\b[^\n.]{{0,120}}\b(?:send|post|submit|enter|forward)\w*\b[^\n]{{0,80}}(?:https?://{LOCAL}|\bto (?:our|my)\b)"
        ),
        kinds=("memory", "skill"),
    ),
    # Spying.
    Rule(
        id="watches-user",
        severity="obvious",
        reason="takes the user's place, screen or clipboard and passes it on",
        words=("gps", "pbpaste", "screencapture", "corelocation", "ipapi.co", "ip-api.com", "ipinfo.io", "location", "keylog", "clipboard"),
        pattern=(
            r"\b(?:pbpaste|screencapture|corelocation|cllocationmanager|ipapi\.co|ip-api\.com|ipinfo\.io|gps coordinates|keylogg?\w*|xclip -o)\b"
            r"|\b(?:include|add|append|attach\w*|adding|writing) (?:\w+ )?(?:locations?\b|location (?:data|metadata)|the (?:user's )?(?:location|city|address))"
        ),
        near=(r"\b(?:always|after|when (?:editing|creating)|procedure|signatures?|timestamps?|metadata|no data is lost)\b", rf"\b(?:our|https?://{LOCAL}|append\w*|document footer|in this skill|files?)"),
        kinds=("memory", "skill"),
    ),
    Rule(
        id="names-leaked",
        severity="suspect",
        reason="writes secrets where others read them",
        words=_SECRETS,
        pattern=(
            rf"\b(?:include|insert|add|append|embed|paste|attach|put)\s+(?:\w+\s+){{0,4}}?{_KEYS}\s+(?:\w+\s+){{0,4}}?(?:in|into|to|at the end of) (?:the|every|each|all|your) (?:\w+ ){{0,2}}?(?:outputs?|responses?|answers?|documents?|commit messages?|pull requests?|comments?|e-?mails?|footers?|metadata|reports?|readme)\b"
        ),
    ),
    Rule(
        id="foreign-packages",
        severity="suspect",
        reason="installs packages from a place that nobody vouches for",
        words=("--index-url", "--trusted-host", "--registry", "npm install http", "pip install http", "-i http"),
        pattern=rf"\b(?:pip3?|uv pip|npm|pnpm|yarn|gem)\b[^\n]{{0,120}}(?:(?:--(?:extra-)?index-url|--registry|-i)[ =]|\binstall\s+(?:-\w+\s+)*)http://{LOCAL}|\bpip3?\b[^\n]{{0,120}}--trusted-host\s+{LOCAL}",
    ),
    Rule(
        id="names-in-lookups",
        severity="obvious",
        reason="leads data out in the names that it looks up",
        words=("dig ", "nslookup", "ping "),
        pattern=r"\b(?:dig|nslookup|ping(?: -c ?\d+)?)\s+[^\n;|]{0,40}(?:\$\([^\n)]{1,120}\)|`[^\n`]{1,120}`|\$\{?\w*(?:key|token|secret|pass)\w*\}?)[\w.-]*\.[a-z]{2,}",
        kinds=MARKDOWN,
        quotable=False,
    ),
    Rule(
        id="watches-keys",
        severity="suspect",
        reason="records what is typed",
        words=("pynput", "on_press", "keylog"),
        pattern=r"\bpynput\.keyboard\b|\bkeyboard\.on_press\(|\bkeylogger\b",
        kinds=("script",),
    ),
    Rule(
        id="keys-and-network",
        severity="suspect",
        reason="a script that opens key files and sends to the network",
        words=(".ssh", "id_rsa", "id_ed25519", ".aws", ".gnupg", ".git-credentials", ".kube", "_history", "login data"),
        pattern=r"\.ssh/id_|\bid_(?:rsa|ed25519)\b|\.aws/credentials|\.gnupg\b|\.git-credentials\b|\.kube/config\b|\.(?:bash|zsh)_history\b|/login data\b",
        near=(POSTS,),
        reach=4_000,
        kinds=("script",),
        quotable=False,
    ),
    Rule(
        id="swaps-account",
        severity="obvious",
        reason="has payments go to an account that the text names",
        words=("wallet", "address", "iban", "account number"),
        pattern=r"\b(?:replace|swap|change|substitute|overwrite)\b[^\n]{0,60}\b(?:wallet|address(?:es)?|iban|account number)s?\b[^\n]{0,60}\b(?:by|with|to)\b[^\n]{0,20}\b(?:bc1[a-z0-9]{20,}|0x[a-f0-9]{40}|[a-z]{2}\d{2}[a-z0-9 ]{12,30})\b",
    ),
    Rule(
        id="packages-in-clear",
        severity="suspect",
        reason="has packages taken from a place that nobody vouches for",
        words=("http://",),
        pattern=rf"\b(?:packages?|dependencies|updates?|installers?)\b[^\n]{{0,40}}\b(?:from|at)\s+http://{LOCAL}",
    ),
    Rule(
        id="sends-money",
        severity="suspect",
        reason="has money sent to an address that the text names",
        words=("btc", "bitcoin", "eth ", "ethereum", "usdt", "wallet", "sol ", "monero"),
        pattern=r"\b(?:send|transfer|pay|donate)\b[^\n]{0,80}\b(?:btc|bitcoin|eth|ether|usdt|usdc|sol|monero|funds|balance|coins)\b[^\n]{0,80}\bto\b[^\n]{0,40}\b(?:bc1[a-z0-9]{20,}|0x[a-f0-9]{40}|[13][a-z1-9]{25,34})\b",
    ),
)
# fmt: on
