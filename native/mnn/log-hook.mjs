// MNN prints what goes wrong on stdout, which is the answer of whoever uses it. This change of its
// header hands every line to a function that the addon defines (native/engine.cc) instead.
//
// Name and signature are those that the crate mnn-sys gives its own build of MNN, so that a library
// built by it serves as MNN_ROOT too.
const PRINTS = `#define MNN_PRINT(format, ...) printf(format, ##__VA_ARGS__)
#define MNN_ERROR(format, ...) printf(format, ##__VA_ARGS__)`;

const macro = (name, level) => `#define ${name}(format, ...) \\
    { \\
        char logtmp[4096]; \\
        snprintf(logtmp, sizeof(logtmp), format, ##__VA_ARGS__); \\
        mnn_ffi_emit(__FILE__, __LINE__, Level::${level}, logtmp); \\
    }`;

const EMITS = `enum class Level {
    Info = 0,
    Error = 1,
};
extern "C" {
void mnn_ffi_emit(const char* file, size_t line, Level level, const char* message);
}
${macro('MNN_PRINT', 'Info')}
${macro('MNN_ERROR', 'Error')}`;

export const LOG_HOOK = { file: 'include/MNN/MNNDefine.h', find: PRINTS, replace: EMITS };
