/*
 * routes: which function answers which request, for the public and the admin
 * listener. A plain table: method, path pattern, handler.
 */
#ifndef FLOW_ROUTES_H
#define FLOW_ROUTES_H

struct engine;
struct request;

/* server_handler of the public listener; arg is the engine. */
void routes_public(void *arg, struct request *r);

/* server_handler of the admin socket (who can open it may do all) and of the
 * admin TCP listener (bearer token and Host check first). */
void routes_admin(void *arg, struct request *r);
void routes_admin_tcp(void *arg, struct request *r);

#endif
