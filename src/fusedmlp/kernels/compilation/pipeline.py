"""Numba's compiler pipelines: inner functions are compiled to LLVM IR only.

By default, Numba links each function with all functions that it calls, optimises them together and
generates machine code, before it does the same for the function's callers. A function ten calls
deep would be linked and optimised ten times, and nine of the ten results would never run. Here a
kernel is linked with all functions that it calls once, and optimised once.
"""

from llvmlite.binding import parse_assembly
from numba.core.cgutils import alloca_once, normalize_ir_text
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import CompilerBase, DefaultPassBuilder
from numba.core.compiler_machinery import register_pass
from numba.core.lowering import Lower
from numba.core.typed_passes import (
    AnnotateTypes,
    DumpParforDiagnostics,
    IRLegalization,
    NativeLowering,
    NopythonRewrites,
    NoPythonSupportedFeatureValidation,
)
from numba.core.untyped_passes import (
    FindLiterallyCalls,
    InlineClosureLikes,
    LiteralUnroll,
    MakeFunctionToJitFunction,
    RewriteDynamicRaises,
    WithLifting,
)

from fusedmlp.ctrl_c import heed_ctrl_c
from fusedmlp.kernels.compilation import in_parallel
from fusedmlp.kernels.compilation.garbage import garbage_collection_off
from fusedmlp.kernels.compilation.shared import calls_in, compile_what_was_asked, provide_all

PYTHON_WRAPPER = "_ZN7cpython"  # how Numba's names of functions that Python calls begin


class _NoEnvironments:
    def set_env(self, *_):
        pass


class _LibraryOfIR(JITCodeLibrary):
    """The IR of an inner function, of which no machine code is made: it would never run."""

    @property
    def codegen(self):
        """A stand-in that stores no environments: no machine code of this library reads them."""
        return _NoEnvironments()

    def get_pointer_to_function(self, name):  # noqa: ARG002
        return 0

    def _finalize_final_module(self):
        self._finalize_dynamic_globals()
        self._finalized = True


class _OptimizedLibrary(_LibraryOfIR):
    """An inner function and all that it calls, optimised before they are a part of a kernel."""


class _InnerLibrary(_LibraryOfIR):
    """An inner function alone, which is linked and optimised as a part of a kernel."""

    def finalize(self):
        self._finalize_final_module()

    def add_ir_module(self, ir_module):
        """Parse the module, no more: it is verified and optimised as a part of a kernel."""
        module = parse_assembly(normalize_ir_text(str(ir_module)))
        module.name = ir_module.name
        module.data_layout = self._codegen._data_layout  # which linked modules must share
        self._final_module.link_in(module)

    def own_module(self):
        """Return the module of this function alone, to be linked into a kernel's."""
        return super()._get_module_for_linking()

    def _get_module_for_linking(self):
        """Return the module linked with all that it calls, for one of Numba's own libraries."""
        module = self.own_module().clone()
        _link_all(module, self._linking_libraries)
        return module


class _KernelLibrary(JITCodeLibrary):
    """The code of a kernel and of all functions that it calls."""

    def add_ir_module(self, ir_module):
        _leave_wrappers_as_they_are(ir_module)
        super().add_ir_module(ir_module)

    def finalize(self):
        inner = _link_all(self._final_module, self._linking_libraries)
        self._linking_libraries.clear()
        for function in self._final_module.functions:
            if function.name in inner and not function.is_declaration:
                function.linkage = "internal"
        super().finalize()

    @property
    def has_dynamic_globals(self):
        """Whether it holds addresses that another process could not find.

        The places of shared functions, whose names say that they are addresses, can be found.
        """
        self._ensure_finalized()
        return len(self._dynamic_globals) > len(self.shared_calls)

    def _finalize_final_module(self):
        self.shared_calls = calls_in(self._final_module)
        super()._finalize_final_module()

    def _optimize_final_module(self):
        """Run LLVM's passes of its first level, and before them those that Numba runs first.

        The third level, Numba's choice, makes a sixth more instructions of a step with Adam, which
        is a tenth of its first call. Both run in the same time, since the kernels' loops are
        written in vectors (`benchmarks.gate`, Zen 4 and AVX2: 0.92 to 1.07 for all operations but
        one of 1.17). Loops over numbers, which the first run vectorises, must have no branches.
        Jump threading makes one branch of the three on whether a vector is a remainder. One run
        for both makes many of 3-4-1 slower by a quarter.
        """
        codegen = self._codegen
        first = codegen._module_pass_manager(
            loop_vectorize=codegen._loopvect,
            slp_vectorize=False,
            opt=codegen._opt_level,
            cost="cheap",
        )
        second = codegen._module_pass_manager(opt=1)
        second[0].add_jump_threading_pass()
        second[0].add_simplify_cfg_pass()
        for passes, builder in (first, second):
            passes.run(self._final_module, builder)

    def _optimize_functions(self, ll_module):
        """Leave a module as it is until it is linked: all is optimised together."""


def _leave_wrappers_as_they_are(module):
    """Have LLVM not optimise what reads Python's arguments, once in a call.

    A call takes the same time. A plan and a state have eighty fields: the wrapper that reads them
    is a fifth of the smallest kernel's instructions. Once a module is parsed, llvmlite 0.45 takes
    an attribute of a function for one of what it returns.
    """
    for function in module.functions:
        if function.name.startswith(PYTHON_WRAPPER) and not function.is_declaration:
            function.attributes.add("optnone")
            function.attributes.add("noinline")  # which LLVM asks for with the other


def _link_all(module, libraries):
    """Link a module with the libraries and, recursively, those of inner functions, each once.

    Return the names of the inner functions. No other machine code may see them: Numba numbers
    functions in the order in which a process compiles them, and two closures, such as two tables of
    activations, may have the same name in kernels that two processes have put on disk. A third
    process would load both, and take one function for the other.
    """
    waiting, linked = list(libraries), set()
    names: set[str] = set()
    while waiting:
        library = waiting.pop()
        if library in linked:
            continue
        linked.add(library)
        if isinstance(library, _InnerLibrary):
            own = library.own_module()
            names.update(function.name for function in own.functions if not function.is_declaration)
            module.link_in(own, preserve=True)
            waiting.extend(library._linking_libraries)
        else:
            module.link_in(library._get_module_for_linking(), preserve=True)
    return names


class _Lower(Lower):
    """Numba's translation to LLVM's IR, which asks LLVM for variables' sizes in debugging only."""

    def alloca_lltype(self, name, lltype, datamodel=None):
        if self.context.enable_debuginfo:
            return super().alloca_lltype(name, lltype, datamodel)
        return alloca_once(self.builder, lltype, name=name)


def _lowering_with(library_class, name):
    """Return Numba's lowering pass, changed to use the given library class."""

    @register_pass(mutates_CFG=True, analysis_only=False)
    class Lowering(NativeLowering):
        _name = name
        lowering_class = _Lower

        def run_pass(self, state):
            state.library = library_class(state.targetctx.codegen(), state.func_id.func_qualname)
            state.library.enable_object_caching()
            return super().run_pass(state)

    return Lowering


class KernelCompiler(CompilerBase):
    """Numba's pipeline for kernels."""

    lowering = _lowering_with(_KernelLibrary, "fusedmlp_kernel_lowering")
    left_out: tuple[type, ...] = ()  # of Numba's passes

    def define_pipelines(self):  # noqa: D102
        manager = DefaultPassBuilder.define_nopython_pipeline(self.state)
        manager.passes = [
            (self.lowering if step is NativeLowering else step, text)
            for step, text in manager.passes
            if step not in self.left_out
        ]
        manager.finalize()
        return [manager]

    def compile_extra(self, func):  # noqa: D102
        heed_ctrl_c()  # as an error in this function would, it leaves the others as they are
        has_help = getattr(func, "helped", False)
        try:
            if has_help:
                in_parallel.prepare()
            with garbage_collection_off():
                result = super().compile_extra(func)
                if not self.state.flags.no_cpython_wrapper:  # Python may call it from now on
                    compile_what_was_asked()
                    provide_all(result.library.shared_calls)
                return result
        finally:
            if has_help:
                in_parallel.end()


class InnerCompiler(KernelCompiler):
    """Numba's pipeline for functions that only kernels call."""

    lowering = _lowering_with(_InnerLibrary, "fusedmlp_inner_lowering")
    # Passes for what inner functions have none of: array expressions, closures, `with`, literal
    # loops, exceptions, parallel loops. Without IRLegalization, variables have no ends, where Numba
    # would release what is counted, of which there is none, and store zeros.
    left_out = (
        NopythonRewrites,
        InlineClosureLikes,
        MakeFunctionToJitFunction,
        WithLifting,
        FindLiterallyCalls,
        LiteralUnroll,
        RewriteDynamicRaises,
        NoPythonSupportedFeatureValidation,
        AnnotateTypes,
        IRLegalization,
        DumpParforDiagnostics,
    )


class OptimizedCompiler(InnerCompiler):
    """Numba's pipeline for inner functions that are optimised before they are inlined."""

    lowering = _lowering_with(_OptimizedLibrary, "fusedmlp_optimized_lowering")
