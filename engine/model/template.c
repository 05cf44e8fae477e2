#include "model/template.h"

#include <string.h>

#include "base/json.h"

#define PLACE_MAX 128

int
template_fill(const char *template, const json_t *values, struct buf *out,
              struct err *e)
{
    const char *p = template;

    while (p != NULL && *p != '\0') {
        const char *open = strchr(p, '{'), *close;
        char place[PLACE_MAX];
        size_t n;

        if (open == NULL) {
            buf_adds(out, p);
            break;
        }
        buf_add(out, p, (size_t)(open - p));
        if (open[1] == '{') {
            buf_addc(out, '{');
            p = open + 2;
            continue;
        }
        close = strchr(open, '}');
        n = close != NULL ? (size_t)(close - open) - 1 : 0;
        if (n == 0 || n >= sizeof place)
            return err_set(e, ERR_INPUT, "\"%.80s\": a { without its }",
                           template);
        memcpy(place, open + 1, n);
        place[n] = '\0';
        if (!json_text_at(values, place, out))
            return err_set(e, ERR_INPUT, "%s is not set (in \"%.80s\")", place,
                           template);
        p = close + 1;
    }
    return 0;
}
