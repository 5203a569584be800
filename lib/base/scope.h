/* Handles that release themselves at the end of their scope. */
#ifndef RC_BASE_SCOPE_H
#define RC_BASE_SCOPE_H

#define scoped(releaser) __attribute__((cleanup(releaser)))

/*
 * Declares `void name(type *)` that frees a handle and tolerates NULL.
 * Libraries whose free function wipes the thread's last error (libvirt) are
 * safe only if the error was copied before the scope ends.
 */
#define RC_RELEASER(name, type, free_function)                                                     \
	static inline void name(type *handle)                                                      \
	{                                                                                          \
		if (*handle)                                                                       \
			free_function(*handle);                                                    \
		*handle = NULL;                                                                    \
	}

#endif
