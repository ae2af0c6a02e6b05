"""What pyproject.toml cannot say: registry.yaml lies at the top of the repository and inside the wheel."""

from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py


class BuildWithRegistry(build_py):
    def run(self) -> None:
        super().run()
        if not self.editable_mode:
            self.copy_file("registry.yaml", str(Path(self.build_lib, "harness", "registry.yaml")))


setup(cmdclass={"build_py": BuildWithRegistry})
