//! Indexes in an object store, whose requests are signed.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};

use naja_testkit::{Sandbox, Wheel, find_pythons};

use crate::{frozen, sandbox};

/// A store that checks each signature by its own means, and serves files of a directory.
const SERVER: &str = r#"
import datetime, hashlib, hmac, http.server, os, re, sys, urllib.parse
SECRET, REGION, TOKEN, ROOT = sys.argv[1:5]

def sign(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()

class Store(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def problem(self):
        given = self.headers.get("Authorization", "")
        match = re.fullmatch(r"AWS4-HMAC-SHA256 Credential=AKID/(\d{8})/([^/]+)/s3/aws4_request, ?"
                             r"SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})", given)
        if not match:
            return "no signature"
        day, region, names, signature = match.groups()
        if region != REGION or self.headers.get("x-amz-security-token", "") != TOKEN:
            return "another region or token"
        if TOKEN and "x-amz-security-token" not in names.split(";"):
            return "the token is not signed"
        time = self.headers["x-amz-date"]
        now = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)
        at = datetime.datetime.strptime(time, "%Y%m%dT%H%M%SZ")
        if abs((now - at).total_seconds()) > 900 or not time.startswith(day):
            return "another time"
        path, _, query = self.path.partition("?")
        pairs = sorted(urllib.parse.parse_qsl(query, keep_blank_values=True))
        quote = lambda text: urllib.parse.quote(text, safe="-_.~")
        headers = "".join(f"{name}:{self.headers[name].strip()}\n" for name in names.split(";"))
        request = "\n".join(["GET", urllib.parse.quote(urllib.parse.unquote(path), safe="/-_.~"),
                             "&".join(f"{quote(a)}={quote(b)}" for a, b in pairs),
                             headers, names, self.headers["x-amz-content-sha256"]])
        scope = f"{day}/{region}/s3/aws4_request"
        text = f"AWS4-HMAC-SHA256\n{time}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
        key = ("AWS4" + SECRET).encode()
        for part in (day, region, "s3", "aws4_request"):
            key = sign(key, part)
        if not hmac.compare_digest(sign(key, text).hex(), signature):
            return "another signature"

    def do_GET(self):
        problem = self.problem()
        path = os.path.join(ROOT, urllib.parse.unquote(self.path).lstrip("/"))
        if problem:
            status, body = 403, problem.encode()
        elif os.path.isfile(path if not path.endswith("/") else path + "index.html"):
            with open(path if not path.endswith("/") else path + "index.html", "rb") as file:
                status, body = 200, file.read()
        else:
            status, body = 404, b""
        self.send_response(status)
        kind = "text/html" if self.path.endswith("/") else "application/octet-stream"
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Store)
print(server.server_port, flush=True)
server.serve_forever()
"#;

const SECRET: &str = "s3cret/owl+key";

struct Store(Child, String);

impl Drop for Store {
    fn drop(&mut self) {
        let _ended = self.0.kill();
        let _ended = self.0.wait();
    }
}

fn store(sandbox: &Sandbox, token: &str) -> Option<Store> {
    let pythons = find_pythons();
    let Some(python) = pythons.first() else {
        crate::skipped("there is no Python to serve with");
        return None;
    };
    let wheel = Wheel::new("harry", "1.0");
    let root = sandbox.work().join("store");
    let folder = root.join("bucket/my index/harry");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(wheel.file_name()), wheel.build()).unwrap();
    let page = format!("<a href=\"{0}\">{0}</a>", wheel.file_name());
    std::fs::write(folder.join("index.html"), page).unwrap();
    let mut command = sandbox.command_of(python);
    command.args(["-c", SERVER, SECRET, "eu-test-1", token]);
    let mut child = command.arg(&root).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    let mut reader = BufReader::new(child.stdout.take().unwrap());
    let _read = reader.read_line(&mut line).unwrap();
    let url = format!("http://127.0.0.1:{}/bucket", line.trim());
    Some(Store(child, url))
}

#[test]
fn requests_below_the_endpoint_are_signed() {
    let mut sandbox = sandbox();
    let _made = sandbox.run(["venv", "-q"]).success();
    let Some(store) = store(&sandbox, "t0ken") else {
        return;
    };
    sandbox.use_index(&format!("{}/my%20index/", store.1));
    let refused = sandbox.run(["pip", "install", "harry"]);
    assert_ne!(refused.status, 0);
    sandbox.set("UV_S3_ENDPOINT_URL", &store.1);
    let no_key = sandbox.run(["pip", "install", "harry"]);
    assert!(
        no_key.stderr.contains("AWS_ACCESS_KEY_ID"),
        "{}",
        no_key.stderr
    );
    let file = sandbox.write(
        "credentials",
        &format!(
            "[owl]\naws_access_key_id = AKID\naws_secret_access_key = {SECRET}\n\
             aws_session_token = t0ken\n"
        ),
    );
    sandbox.set("AWS_SHARED_CREDENTIALS_FILE", file.display().to_string());
    sandbox.set("AWS_PROFILE", "owl");
    sandbox.set("AWS_REGION", "eu-test-1");
    let installed = sandbox.run(["pip", "install", "-vv", "harry"]).success();
    assert!(
        !installed.stderr.contains(SECRET) && !installed.stderr.contains("t0ken"),
        "{}",
        installed.stderr
    );
    assert_eq!(frozen(&sandbox), "harry==1.0\n");
    // The variables come before the file.
    let _gone = sandbox.run(["pip", "uninstall", "harry"]).success();
    sandbox.set("AWS_ACCESS_KEY_ID", "AKID");
    sandbox.set("AWS_SECRET_ACCESS_KEY", "another");
    let refused = sandbox.run(["pip", "install", "--refresh", "harry"]);
    assert_ne!(refused.status, 0);
}
