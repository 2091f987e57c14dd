/* File contents as JavaScript sees them: UTF-8, or base64 where it is not. */
#ifndef UBUGI_JS_TEXT_H
#define UBUGI_JS_TEXT_H

#include "js-values.h"

static int valid_utf8(const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n;) {
        uint8_t c = p[i];
        int more = c < 0x80 ? 0 : c >= 0xc2 && c <= 0xdf ? 1 : (c & 0xf0) == 0xe0 ? 2 : c >= 0xf0 && c <= 0xf4 ? 3 : -1;
        if (more < 0 || i + (size_t)more >= n) return 0;
        for (int k = 1; k <= more; k++)
            if ((p[i + (size_t)k] & 0xc0) != 0x80) return 0;
        if ((c == 0xe0 && p[i + 1] < 0xa0) || (c == 0xed && p[i + 1] > 0x9f) || (c == 0xf0 && p[i + 1] < 0x90) ||
            (c == 0xf4 && p[i + 1] > 0x8f))
            return 0;
        i += (size_t)more + 1;
    }
    return 1;
}

static const char base64_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static JSValue base64_encode(JSContext *ctx, const uint8_t *p, size_t n)
{
    char *text = malloc(n / 3 * 4 + 5), *t = text;
    if (text == NULL) return JS_ThrowOutOfMemory(ctx);
    for (size_t i = 0; i < n; i += 3) {
        uint32_t v = (uint32_t)p[i] << 16 | (i + 1 < n ? (uint32_t)p[i + 1] << 8 : 0) | (i + 2 < n ? p[i + 2] : 0);
        *t++ = base64_digits[v >> 18];
        *t++ = base64_digits[v >> 12 & 63];
        *t++ = i + 1 < n ? base64_digits[v >> 6 & 63] : '=';
        *t++ = i + 2 < n ? base64_digits[v & 63] : '=';
    }
    JSValue value = JS_NewStringLen(ctx, text, (size_t)(t - text));
    free(text);
    return value;
}

/* Decodes in place; returns the length or -1. */
static ssize_t base64_decode(char *text, size_t n)
{
    size_t out = 0;
    uint32_t v = 0;
    int bits = 0;
    while (n > 0 && text[n - 1] == '=') n--;
    for (size_t i = 0; i < n; i++) {
        const char *digit = text[i] ? strchr(base64_digits, text[i]) : NULL;
        if (digit == NULL) return -1;
        v = v << 6 | (uint32_t)(digit - base64_digits);
        bits += 6;
        if (bits >= 8) text[out++] = (char)(v >> (bits -= 8) & 255);
    }
    return (ssize_t)out;
}

#endif
