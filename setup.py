"""What pyproject.toml cannot say: registry.yaml lies at the top of the repository, and inside the wheel;
plugins/ is installed as harness_plugins, with all the packages in it."""

from pathlib import Path

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py


class BuildWithRegistry(build_py):
    def run(self) -> None:
        super().run()
        if not self.editable_mode:
            self.copy_file("registry.yaml", str(Path(self.build_lib, "harness", "registry.yaml")))


setup(
    cmdclass={"build_py": BuildWithRegistry},
    packages=[
        *find_packages(include=["harness", "harness.*"]),
        "harness_plugins",
        *(f"harness_plugins.{package}" for package in find_packages("plugins")),
    ],
)
