/*
 * The system calls that QuickJS's own modules lack, as the ES module `native`. Typed in ../system/native.d.ts.
 * Every failing call throws an Error with the property `code` (ENOENT …).
 */
#define _GNU_SOURCE
#include "js-contents.h"
#include "js-entries.h"
#include "js-host.h"
#include "js-processes.h"
#include "quickjs-libc.h"

static const JSCFunctionListEntry functions[] = {
    JS_CFUNC_DEF("lstat", 1, js_lstat),
    JS_CFUNC_DEF("read", 3, js_read),
    JS_CFUNC_DEF("sha256", 1, js_sha256),
    JS_CFUNC_DEF("write", 7, js_write),
    JS_CFUNC_DEF("setAttributes", 4, js_set_attributes),
    JS_CFUNC_DEF("mkdir", 4, js_mkdir),
    JS_CFUNC_DEF("rename", 2, js_rename),
    JS_CFUNC_DEF("copyLabel", 2, js_copy_label),
    JS_CFUNC_MAGIC_DEF("unlink", 1, js_path_operation, OP_UNLINK),
    JS_CFUNC_MAGIC_DEF("rmdir", 1, js_path_operation, OP_RMDIR),
    JS_CFUNC_MAGIC_DEF("syncFolder", 1, js_path_operation, OP_SYNC_FOLDER),
    JS_CFUNC_MAGIC_DEF("syncFileSystem", 1, js_path_operation, OP_SYNC_FILE_SYSTEM),
    JS_CFUNC_DEF("symlink", 2, js_symlink),
    JS_CFUNC_DEF("readlink", 1, js_readlink),
    JS_CFUNC_DEF("list", 1, js_list),
    JS_CFUNC_DEF("lock", 2, js_lock),
    JS_CFUNC_DEF("send", 3, js_send),
    JS_CFUNC_DEF("run", 1, js_run),
    JS_CFUNC_DEF("endSessions", 2, js_end_sessions),
    JS_CFUNC_DEF("host", 0, js_host),
    JS_CFUNC_DEF("setHostname", 1, js_set_hostname),
    JS_CFUNC_DEF("monotonic", 0, js_monotonic),
    JS_CFUNC_DEF("print", 1, js_print),
    JS_CFUNC_DEF("exit", 1, js_exit),
};

static int init(JSContext *ctx, JSModuleDef *module)
{
    signal(SIGPIPE, SIG_IGN);
    umask(077);
    return JS_SetModuleExportList(ctx, module, functions, countof(functions));
}

/* Found by the C that qjsc writes (`-M native,native`). */
JSModuleDef *js_init_module_native(JSContext *ctx, const char *name)
{
    JSModuleDef *module = JS_NewCModule(ctx, name, init);
    if (module != NULL) JS_AddModuleExportList(ctx, module, functions, countof(functions));
    return module;
}
