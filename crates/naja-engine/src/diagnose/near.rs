//! Names that somebody may have meant.

use naja_project::nearest;
use naja_spec::PackageName;

/// How many names are proposed.
const PROPOSALS: usize = 3;

/// Modules whose distribution is called otherwise.
const MODULES: &[(&str, &str)] = &[
    ("attr", "attrs"),
    ("bs4", "beautifulsoup4"),
    ("bio", "biopython"),
    ("cairo", "pycairo"),
    ("crypto", "pycryptodome"),
    ("cv2", "opencv-python"),
    ("dateutil", "python-dateutil"),
    ("discord", "discord-py"),
    ("docx", "python-docx"),
    ("dotenv", "python-dotenv"),
    ("fitz", "pymupdf"),
    ("git", "gitpython"),
    ("github", "pygithub"),
    ("gi", "pygobject"),
    ("grpc", "grpcio"),
    ("jose", "python-jose"),
    ("jwt", "pyjwt"),
    ("ldap", "python-ldap"),
    ("magic", "python-magic"),
    ("memcache", "python-memcached"),
    ("mpl-toolkits", "matplotlib"),
    ("mysqldb", "mysqlclient"),
    ("nacl", "pynacl"),
    ("openssl", "pyopenssl"),
    ("pil", "pillow"),
    ("pkg-resources", "setuptools"),
    ("pptx", "python-pptx"),
    ("pythoncom", "pywin32"),
    ("serial", "pyserial"),
    ("skimage", "scikit-image"),
    ("sklearn", "scikit-learn"),
    ("slugify", "python-slugify"),
    ("socks", "pysocks"),
    ("telegram", "python-telegram-bot"),
    ("usb", "pyusb"),
    ("win32api", "pywin32"),
    ("yaml", "pyyaml"),
    ("zmq", "pyzmq"),
];

/// Names that are typed often, and so often mistyped.
const USUAL: &[&str] = &[
    "aiohttp",
    "alembic",
    "ansible",
    "anyio",
    "attrs",
    "beautifulsoup4",
    "black",
    "boto3",
    "botocore",
    "bokeh",
    "celery",
    "certifi",
    "cffi",
    "charset-normalizer",
    "click",
    "coverage",
    "cryptography",
    "cython",
    "dask",
    "django",
    "djangorestframework",
    "docutils",
    "elasticsearch",
    "fastapi",
    "filelock",
    "flake8",
    "flask",
    "fsspec",
    "geopandas",
    "gevent",
    "greenlet",
    "grpcio",
    "gunicorn",
    "httpx",
    "hypothesis",
    "idna",
    "ipykernel",
    "ipython",
    "isort",
    "jinja2",
    "joblib",
    "jsonschema",
    "jupyter",
    "jupyterlab",
    "keras",
    "keyring",
    "kubernetes",
    "langchain",
    "lightgbm",
    "lxml",
    "mako",
    "markdown",
    "markupsafe",
    "matplotlib",
    "mkdocs",
    "mock",
    "mypy",
    "networkx",
    "nltk",
    "notebook",
    "numba",
    "numpy",
    "openai",
    "opencv-python",
    "openpyxl",
    "orjson",
    "packaging",
    "pandas",
    "paramiko",
    "pexpect",
    "pillow",
    "pip",
    "pip-tools",
    "platformdirs",
    "playwright",
    "plotly",
    "pluggy",
    "poetry",
    "polars",
    "pre-commit",
    "prometheus-client",
    "prompt-toolkit",
    "protobuf",
    "psutil",
    "psycopg",
    "psycopg2",
    "psycopg2-binary",
    "pyarrow",
    "pycparser",
    "pydantic",
    "pydantic-settings",
    "pygame",
    "pygments",
    "pyinstaller",
    "pyjwt",
    "pylint",
    "pymongo",
    "pymysql",
    "pyodbc",
    "pyopenssl",
    "pyparsing",
    "pyqt5",
    "pyqt6",
    "pyserial",
    "pyside6",
    "pytest",
    "pytest-asyncio",
    "pytest-cov",
    "pytest-mock",
    "pytest-xdist",
    "python-dateutil",
    "python-dotenv",
    "python-multipart",
    "pytz",
    "pyyaml",
    "pyzmq",
    "redis",
    "regex",
    "requests",
    "requests-oauthlib",
    "rich",
    "ruff",
    "s3fs",
    "scikit-image",
    "scikit-learn",
    "scipy",
    "scrapy",
    "seaborn",
    "selenium",
    "sentry-sdk",
    "setuptools",
    "six",
    "sphinx",
    "sqlalchemy",
    "sqlmodel",
    "starlette",
    "statsmodels",
    "streamlit",
    "sympy",
    "tensorflow",
    "textual",
    "tokenizers",
    "tomli",
    "torch",
    "torchaudio",
    "torchvision",
    "tornado",
    "tox",
    "tqdm",
    "transformers",
    "twine",
    "twisted",
    "typer",
    "typing-extensions",
    "tzdata",
    "ujson",
    "urllib3",
    "uvicorn",
    "uvloop",
    "virtualenv",
    "watchdog",
    "websockets",
    "werkzeug",
    "wheel",
    "wrapt",
    "xarray",
    "xgboost",
    "xlsxwriter",
    "zstandard",
];

/// Returns what somebody may have meant by a name, the likeliest first; whether it exists is for the
/// caller to find out.
pub(crate) fn near_names<'a>(
    name: &'a PackageName,
    known: impl Iterator<Item = &'a PackageName>,
) -> Vec<PackageName> {
    let mut out: Vec<PackageName> = Vec::new();
    let typed = name.as_str();
    let module = MODULES.iter().find(|(module, _)| *module == typed);
    out.extend(module.and_then(|(_, dist)| PackageName::parse(dist).ok()));
    let known = known.map(PackageName::as_str);
    let mut pool: Vec<&str> = known.chain(USUAL.iter().copied()).collect();
    pool.retain(|candidate| *candidate != typed);
    while out.len() < PROPOSALS
        && let Some(found) = nearest(typed, pool.iter().copied())
    {
        pool.retain(|candidate| *candidate != found);
        match PackageName::parse(found) {
            Ok(found) if !out.contains(&found) => out.push(found),
            _ => {}
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(typed: &str, known: &[&str]) -> Vec<String> {
        let name = PackageName::parse(typed).unwrap();
        let known: Vec<_> = known
            .iter()
            .map(|text| PackageName::parse(text).unwrap())
            .collect();
        let found = near_names(&name, known.iter());
        found.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn slips_modules_and_names_of_the_neighbourhood() {
        assert_eq!(near("reqeusts", &[])[0], "requests");
        assert_eq!(near("sklearn", &[])[0], "scikit-learn");
        assert_eq!(near("yaml", &[])[0], "pyyaml");
        assert_eq!(near("hary", &["harry", "hedwig"])[0], "harry");
        assert_eq!(near("wingardium-leviosa", &["harry"]), [""; 0]);
        assert!(near("harry", &["harry"]).iter().all(|name| name != "harry"));
    }

    #[test]
    fn every_name_is_one() {
        let names = MODULES.iter().flat_map(|(a, b)| [*a, *b]);
        for name in names.chain(USUAL.iter().copied()) {
            assert_eq!(PackageName::parse(name).unwrap().as_str(), name);
        }
    }
}
