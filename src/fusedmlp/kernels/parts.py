"""How functions are compiled that only kernels call: to LLVM's language, and no further.

Numba optimises each function together with all that it calls, and makes machine code of it, before
it does the same with the function's callers. What stands under ten functions is optimised ten
times, and the machine code of nine is never run. Without that a first call takes 6.7 s instead of
11.2 (mini-batches in float32, in turns, on a busy machine).
"""

import gc

from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import CompilerBase, DefaultPassBuilder
from numba.core.compiler_machinery import register_pass
from numba.core.typed_passes import NativeLowering


class _Nobody:
    def set_env(self, *_):
        pass


class _Part(JITCodeLibrary):
    """The code of a function that waits for its caller to be optimised."""

    @property
    def codegen(self):
        """What takes note of a function's environment, for machine code to read: there is none."""
        return _Nobody()

    def get_pointer_to_function(self, name):  # noqa: ARG002
        return 0

    def _optimize_final_module(self):
        pass

    def _finalize_final_module(self):
        self._finalize_dynamic_globals()
        self._verify_declare_only_symbols()
        self._finalized = True


@register_pass(mutates_CFG=True, analysis_only=False)
class _PartLowering(NativeLowering):
    _name = "fusedmlp_part_lowering"

    def run_pass(self, state):
        state.library = _Part(state.targetctx.codegen(), state.func_id.func_qualname)
        return super().run_pass(state)


class KernelCompiler(CompilerBase):
    """Numba's pipeline, without pauses to look for garbage: there is little, among many objects."""

    def define_pipelines(self):  # noqa: D102
        return [DefaultPassBuilder.define_nopython_pipeline(self.state)]

    def compile_extra(self, func):  # noqa: D102
        if not gc.isenabled():
            return super().compile_extra(func)
        gc.disable()
        try:
            return super().compile_extra(func)
        finally:
            gc.enable()


class PartCompiler(KernelCompiler):
    """The same with another last step."""

    def define_pipelines(self):  # noqa: D102
        [manager] = super().define_pipelines()
        manager.passes = [
            (_PartLowering, text) if step is NativeLowering else (step, text)
            for step, text in manager.passes
        ]
        manager.finalize()
        return [manager]
