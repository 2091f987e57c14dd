/* Tools that the agent runs, and sessions that it ends. */
#ifndef UBUGI_JS_PROCESSES_H
#define UBUGI_JS_PROCESSES_H

#include "js-values.h"
#include "processes.h"
#include "sessions.h"

static char **string_list(JSContext *ctx, JSValueConst array)
{
    int64_t length = 0;
    JSValue count = JS_GetPropertyStr(ctx, array, "length");
    JS_ToInt64(ctx, &length, count);
    JS_FreeValue(ctx, count);
    char **list = calloc((size_t)length + 1, sizeof *list);
    for (uint32_t i = 0; list != NULL && i < length; i++) {
        JSValue item = JS_GetPropertyUint32(ctx, array, i);
        const char *text = JS_ToCString(ctx, item);
        list[i] = strdup(text == NULL ? "" : text);
        if (text != NULL) JS_FreeCString(ctx, text);
        JS_FreeValue(ctx, item);
    }
    return list;
}

static void free_list(char **list)
{
    for (char **item = list; list != NULL && *item != NULL; item++) free(*item);
    free(list);
}

#define MAX_PROCESSES 16

/* run([{ argv, environment, folder, timeoutMs }]): all at once, at most 16; [{ status, output, timedOut, durationMs }]. */
static JSValue js_run(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
    struct ubugi_process list[MAX_PROCESSES] = {0};
    int64_t count = 0;
    JSValue length = JS_GetPropertyStr(ctx, argv[0], "length");
    JS_ToInt64(ctx, &count, length);
    JS_FreeValue(ctx, length);
    if (count > MAX_PROCESSES) return JS_ThrowRangeError(ctx, "at most %d processes at once", MAX_PROCESSES);
    const char *folders[MAX_PROCESSES] = {0};
    for (int i = 0; i < count; i++) {
        JSValue request = JS_GetPropertyUint32(ctx, argv[0], (uint32_t)i);
        JSValue arguments = JS_GetPropertyStr(ctx, request, "argv");
        JSValue environment = JS_GetPropertyStr(ctx, request, "environment");
        JSValue folder = JS_GetPropertyStr(ctx, request, "folder");
        JSValue timeout = JS_GetPropertyStr(ctx, request, "timeoutMs");
        list[i].argv = string_list(ctx, arguments);
        list[i].envp = string_list(ctx, environment);
        list[i].folder = folders[i] = JS_ToCString(ctx, folder);
        JS_ToInt64(ctx, &list[i].timeout_ms, timeout);
        JS_FreeValue(ctx, arguments);
        JS_FreeValue(ctx, environment);
        JS_FreeValue(ctx, folder);
        JS_FreeValue(ctx, timeout);
        JS_FreeValue(ctx, request);
        list[i].output = -1;
        if (list[i].argv == NULL || list[i].argv[0] == NULL || folders[i] == NULL || ubugi_start(&list[i]) < 0) {
            list[i].status = 126;
            list[i].done = 1;
        }
    }
    ubugi_wait_all(list, (int)count);
    JSValue results = JS_NewArray(ctx);
    for (int i = 0; i < count; i++) {
        struct ubugi_process *p = &list[i];
        JSValue result = JS_NewObject(ctx);
        set(ctx, result, "status", JS_NewInt32(ctx, p->status));
        set(ctx, result, "output", JS_NewStringLen(ctx, p->text == NULL ? "" : p->text, p->length));
        set(ctx, result, "durationMs", JS_NewInt64(ctx, p->took_ms));
        set(ctx, result, "timedOut", JS_NewBool(ctx, p->timed_out));
        JS_DefinePropertyValueUint32(ctx, results, (uint32_t)i, result, JS_PROP_C_W_E);
        free(p->text);
        free_list(p->argv);
        free_list(p->envp);
        if (folders[i] != NULL) JS_FreeCString(ctx, folders[i]);
    }
    return results;
}

/* endSessions(uid, timeoutMs): nothing of that user runs any more, nor what she started as somebody else. */
static JSValue js_end_sessions(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
    int64_t uid, timeout;
    if (JS_ToInt64(ctx, &uid, argv[0]) || JS_ToInt64(ctx, &timeout, argv[1])) return JS_EXCEPTION;
    if (uid <= 0 || uid >= 4294967294) return fail(ctx, "kill", "processes of a reserved user", EINVAL);
    if (ubugi_end_sessions((uid_t)uid, timeout) < 0) {
        char what[48];
        snprintf(what, sizeof what, "processes of user %u", (unsigned)uid);
        return fail(ctx, "end", what, errno);
    }
    return JS_UNDEFINED;
}

#endif
