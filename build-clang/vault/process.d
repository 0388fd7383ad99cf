build-clang/vault/process.o: vault/process.c vault/base/sandbox.h \
  vault/base/err.h vault/base/secret.h vault/base/text.h \
  vault/base/bytes.h vault/store/db.h vault/base/hash.h vault/vault.h

vault/base/sandbox.h:

vault/base/err.h:

vault/base/secret.h:

vault/base/text.h:

vault/base/bytes.h:

vault/store/db.h:

vault/base/hash.h:

vault/vault.h:
