#include <string.h>

#include "store/db.h"

struct db_param
db_text(const char *s)
{
    if (s == NULL)
        return (struct db_param){DB_NULL, 0, NULL, 0};
    return (struct db_param){DB_TEXT, 0, s, strlen(s)};
}
