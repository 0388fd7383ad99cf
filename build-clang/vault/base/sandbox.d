build-clang/vault/base/sandbox.o: vault/base/sandbox.c \
  vault/base/sandbox.h vault/base/err.h

vault/base/sandbox.h:

vault/base/err.h:
