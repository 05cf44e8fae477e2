/* Any text is cleaned to valid UTF-8, made harmless, folded, redacted and
 * escaped; the results are valid and hold no markup. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/str.h"
#include "model/redact.h"
#include "model/transcript.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must_be_valid(const struct buf *b)
{
    if (!utf8_valid(buf_str(b), b->len))
        abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct redactor r = {{true, true, true, true, true}};
    struct buf clean = {0}, safe = {0}, out = {0};

    utf8_clean(&clean, (const char *)data, size);
    must_be_valid(&clean);
    utf8_harmless(&safe, buf_str(&clean), clean.len);
    must_be_valid(&safe);
    str_fold(&out, buf_str(&safe), safe.len);
    must_be_valid(&out);
    buf_clear(&out);
    str_words(&out, buf_str(&safe), safe.len);
    buf_clear(&out);
    redact_text(&r, buf_str(&safe), safe.len, &out, NULL);
    must_be_valid(&out);
    buf_clear(&out);
    transcript_escape(FORMAT_HTML, buf_str(&safe), safe.len, &out);
    for (size_t i = 0; i < out.len; i++)
        if (out.data[i] == '<' && memcmp(out.data + i, "<br>", 4) != 0)
            abort();
    if (utf8_clip(buf_str(&safe), safe.len, size / 2) > safe.len)
        abort();
    buf_free(&clean);
    buf_free(&safe);
    buf_free(&out);
    return 0;
}
