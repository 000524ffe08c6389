"""The container files: valid, without a default credential, and made of steps that CI runs too."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from backend.datasets import router as datasets
from backend.settings import Settings
from worker.settings import WorkerSettings

ROOT = Path(__file__).parents[1]
COMPOSE = ROOT / "docker-compose.yml"
DOCKERFILE = ROOT / "docker" / "Dockerfile"
EXAMPLE = ROOT / ".env.example"
SECRETS = {"POSTGRES_PASSWORD", "REDIS_PASSWORD"}
FILLED_IN = dict.fromkeys(SECRETS, "0a1b2c3d")
TRAINER_SETTINGS = {"CACHE", "DATA_ROOT", "MODEL_ROOT", "REWARD_FUNCTIONS"}
OTHERS_SETTINGS = {
    "POSTGRES_USER", "POSTGRES_DB", "POSTGRES_PASSWORD", "REDIS_PASSWORD", "FORWARDED_ALLOW_IPS",
    "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL",
    "PYTHONPATH", "HF_TOKEN", "NVIDIA_DRIVER_CAPABILITIES",
}  # fmt: skip
_VARIABLE = re.compile(r"(?<!\$)\$\{(?P<name>\w+)(?::(?P<how>[-?])(?P<word>[^}]*))?\}")


def interpolate(value: Any, values: Mapping[str, str]) -> Any:
    """What Compose makes of `${NAME}`, `${NAME:-default}`, `${NAME:?message}` and `$$` in every text."""

    def substitute(match: re.Match[str]) -> str:
        found = values.get(match["name"], "")
        if not found and match["how"] == "?":
            raise KeyError(match["name"])
        return found or (match["word"] if match["how"] == "-" else "")

    if isinstance(value, dict):
        return {key: interpolate(each, values) for key, each in value.items()}
    if isinstance(value, list):
        return [interpolate(each, values) for each in value]
    return _VARIABLE.sub(substitute, value).replace("$$", "$") if isinstance(value, str) else value


def compose(values: Mapping[str, str] = FILLED_IN) -> dict[str, Any]:
    found: dict[str, Any] = interpolate(yaml.safe_load(COMPOSE.read_text()), values)
    return found


SERVICES: dict[str, dict[str, Any]] = compose()["services"]
OURS = {name: each for name, each in SERVICES.items() if each["image"].startswith("ahora:")}


def tool(name: str) -> Path:
    path = Path(sys.executable).with_name(name)
    if not path.exists():
        pytest.skip(f"{name} is not installed for this platform")
    return path


def run(*command: object, cwd: Path = ROOT, **environ: str) -> str:
    result = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def test_the_compose_file_follows_the_specification() -> None:
    command = [tool("check-jsonschema"), "--builtin-schema", "vendor.compose-spec", COMPOSE]
    assert "ok" in run(*command)


def test_docker_compose_itself_reads_it() -> None:
    docker = shutil.which("docker")
    if docker is None or subprocess.run([docker, "compose", "version"], check=False).returncode:
        pytest.skip("docker with its compose plugin is not installed")
    run(docker, "compose", "--profile", "gpu", "config", "-q", **FILLED_IN)


def test_the_dockerfile_passes_its_linter() -> None:
    run(tool("hadolint"), DOCKERFILE)


@pytest.mark.parametrize("missing", sorted(SECRETS))
def test_nothing_starts_without_its_password(missing: str) -> None:
    with pytest.raises(KeyError, match=missing):
        compose({name: value for name, value in FILLED_IN.items() if name != missing})


def test_no_secret_has_a_default() -> None:
    for match in _VARIABLE.finditer(COMPOSE.read_text()):
        if re.search("PASSWORD|SECRET|TOKEN|KEY", match["name"]):
            assert not (match["how"] == "-" and match["word"]), match[0]
    for name, service in SERVICES.items():
        for variable, value in service["environment"].items():
            if re.search("PASSWORD|SECRET|TOKEN$|KEY", variable):
                assert value in {None, "", *FILLED_IN.values()}, f"{name}: {variable}"


def test_the_example_explains_every_variable_and_holds_no_secret() -> None:
    example = EXAMPLE.read_text()
    named = set(re.findall(r"^#?(\w+)=", example, re.MULTILINE))
    passed_on = {
        variable
        for service in SERVICES.values()
        for variable, value in service["environment"].items()
        if value is None
    }
    used = {match["name"] for match in _VARIABLE.finditer(COMPOSE.read_text())}
    assert named == used | passed_on
    assert dict(re.findall(r"^(\w+)=(.*)$", example, re.MULTILINE)) == dict.fromkeys(SECRETS, "")
    shown = dict(re.findall(r"^#(\w+)=(.+)$", example, re.MULTILINE))
    defaults = {match["name"]: match["word"] for match in _VARIABLE.finditer(COMPOSE.read_text())}
    assert {n: v for n, v in shown.items() if n != "HOSTNAMES"} == {
        n: defaults[n] for n in shown if n != "HOSTNAMES"
    }


def test_only_loopback_is_served_by_default() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert ports == ["127.0.0.1:6379:6379", "127.0.0.1:8000:8000"]


@pytest.mark.parametrize("name", SERVICES)
def test_what_a_service_refers_to_is_there(name: str) -> None:
    service, whole = SERVICES[name], compose()
    assert set(service.get("depends_on", {})) <= set(SERVICES)
    for needed, condition in service.get("depends_on", {}).items():
        if condition["condition"] == "service_healthy":
            assert "healthcheck" in SERVICES[needed]
    for volume in service.get("volumes", []):
        source = volume.split(":")[0]
        assert source.startswith("./") or source in whole["volumes"]
    if "build" in service:
        assert (ROOT / service["build"]["dockerfile"]).is_file()
        assert service["image"] == f"ahora:{service['build']['args']['TORCH']}"
    else:
        builders = {each["image"] for each in SERVICES.values() if "build" in each}
        assert service["image"] in builders or not service["image"].startswith("ahora")


@pytest.mark.parametrize("name", SERVICES)
def test_every_variable_is_one_that_somebody_reads(name: str) -> None:
    known = {
        f"AHORA_{each.upper()}" for each in (*Settings.model_fields, *WorkerSettings.model_fields)
    }
    known |= {f"AHORA_{each}" for each in TRAINER_SETTINGS} | OTHERS_SETTINGS
    assert set(SERVICES[name]["environment"]) <= known


@pytest.mark.parametrize("name", OURS)
def test_our_services_run_without_privileges(name: str) -> None:
    service = OURS[name]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["init"] is True
    assert "privileged" not in service
    assert re.search(r"^USER \d+$", DOCKERFILE.read_text(), re.MULTILINE)


def test_the_api_reads_its_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, value in SERVICES["api"]["environment"].items():
        monkeypatch.setenv(variable, value or "")
    settings = Settings()
    assert settings.database == "postgresql+psycopg://ahora:0a1b2c3d@postgres:5432/ahora"
    assert settings.broker == "redis://:0a1b2c3d@redis:6379/0"
    assert {"localhost", "127.0.0.1", "api"} <= set(settings.allowed_hosts)
    assert settings.artifacts == "/var/lib/ahora/artifacts"
    volumes = {each.split(":")[1] for each in SERVICES["api"]["volumes"]}
    home = settings.model_copy(update={"home": Path("/var/lib/ahora")})
    assert {settings.artifacts, str(datasets.folder_of(home))} <= volumes


@pytest.mark.parametrize("name", ["cpu-worker", "gpu-worker"])
def test_a_worker_reads_its_settings(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, value in SERVICES[name]["environment"].items():
        monkeypatch.setenv(variable, value or "")
    settings = WorkerSettings(home=Path("/var/lib/ahora"))
    assert settings.queues == [name.split("-")[0]]
    assert settings.url == "http://api:8000"
    assert settings.worker_name == f"compose-{name.split('-')[0]}"
    volumes = {each.split(":")[1] for each in SERVICES[name]["volumes"]}
    assert {
        settings.store,
        str(settings.spool),
        str(Path(str(settings.token_file)).parent),
    } <= volumes
    assert int(SERVICES[name]["stop_grace_period"].removesuffix("s")) > settings.stop_grace
    assert settings.redis_url == SERVICES["api"]["environment"]["AHORA_REDIS_URL"]


def test_the_gpu_worker_waits_for_its_profile_and_asks_for_the_gpus() -> None:
    service = SERVICES["gpu-worker"]
    assert service["profiles"] == ["gpu"]
    (device,) = service["deploy"]["resources"]["reservations"]["devices"]
    assert device == {"driver": "nvidia", "count": "all", "capabilities": ["gpu"]}
    assert not any("profiles" in each for name, each in SERVICES.items() if name != "gpu-worker")


def test_the_workers_token_is_made_once(tmp_path: Path) -> None:
    shell, flag, script = SERVICES["worker-token"]["command"]
    script = script.replace("/run/ahora-worker", str(tmp_path / "secret"))
    environ = {
        "AHORA_HOME": str(tmp_path / "home"),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    for _ in range(2):
        run(shell, flag, script, **environ)
        token = tmp_path / "secret" / "worker.token"
        first = token.read_text()
        assert token.stat().st_mode & 0o777 == 0o600
    run(shell, flag, script, **environ)
    assert token.read_text() == first


def instructions(keyword: str) -> list[str]:
    text = DOCKERFILE.read_text().replace("\\\n", " ")
    return re.findall(rf"^{keyword} +(.*)$", text, re.MULTILINE)


def copied() -> list[str]:
    """Paths of the repository that go into the image itself, after the last FROM."""
    last = DOCKERFILE.read_text().rpartition("\nFROM ")[2]
    lines = re.findall(r"^COPY (?!--from)(.+) \S+$", last, re.MULTILINE)
    return [path for line in lines for path in line.split()]


def test_what_is_copied_exists_and_is_not_ignored() -> None:
    allowed = {
        line.removeprefix("!")
        for line in (ROOT / ".dockerignore").read_text().splitlines()
        if line.startswith("!")
    }
    sources = [
        part for line in instructions("COPY") if "--from" not in line for part in line.split()[:-1]
    ]
    for source in sources:
        assert (ROOT / source).exists(), source
        assert source.split("/")[0] in allowed, source
    assert allowed == {source.split("/")[0] for source in sources}


def test_what_is_copied_is_enough_to_serve_and_to_train(tmp_path: Path) -> None:
    for path in copied():
        if (ROOT / path).is_dir():
            shutil.copytree(
                ROOT / path, tmp_path / path, ignore=shutil.ignore_patterns("__pycache__")
            )
        else:
            shutil.copy(ROOT / path, tmp_path / path)
    environ = {"PYTHONPATH": str(tmp_path), "AHORA_HOME": str(tmp_path / "home")}
    run(sys.executable, "-m", "backend", "migrate", cwd=tmp_path, **environ)
    script = (
        "import backend.app, worker.tasks, worker.trainer, ahora.presets as p; p.list_presets()"
    )
    check = f"{script}; assert all(m.__file__.startswith({str(tmp_path)!r}) for m in (backend, worker, p))"
    run(sys.executable, "-c", check, cwd=tmp_path, **environ)


def test_every_step_is_one_that_make_setup_takes() -> None:
    """CI runs `make setup` on a clean checkout; the image takes parts of it, with other extras."""

    def steps(*targets: str) -> set[str]:
        extras = re.compile(r"\.\[[a-z0-9,]+\]")
        output = run("make", "-n", "--always-make", "TORCH=cpu", *targets, MAKEFLAGS="")
        return {extras.sub(".[...]", line) for line in output.splitlines()}

    made = [line for line in instructions("RUN") if line.startswith("make ")]
    everything = steps("setup")
    assert len(made) == 4
    for line in made:
        targets = line.replace("${TORCH}", "cpu").split()[1:]
        assert steps(*targets) <= everything, line
    others = [line for line in instructions("RUN") if line not in made]
    assert all(re.match(r"apt-get update|useradd", line) for line in others)
    extras = re.search(r"EXTRAS=(\S+)", DOCKERFILE.read_text())
    assert extras is not None
    pyproject = (ROOT / "pyproject.toml").read_text()
    assert all(f"\n{extra} = [" in pyproject for extra in extras[1].split(","))


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_the_health_routes_exist(path: str) -> None:
    assert f'"{path}"' in (ROOT / "frontend" / "openapi.json").read_text()


def test_operations_explains_every_setting() -> None:
    operations = (ROOT / "docs" / "operations.md").read_text()
    internal = {"trainer_command"}
    names = {*Settings.model_fields, *WorkerSettings.model_fields} - internal
    wanted = {f"AHORA_{name.upper()}" for name in names} | {
        f"AHORA_{name}" for name in TRAINER_SETTINGS
    }
    assert {name for name in wanted if f"`{name}`" not in operations} == set()
    described = set(re.findall(r"^\| `(AHORA_\w+)`", operations, re.MULTILINE))
    assert described == wanted
