/*
 * main.c - the table of commands.
 *
 * Exit codes, the same as vault_err (vault/base/err.h):
 *     0  done                              5  in use by another process
 *     1  failed for another reason         6  refused by a safety rule
 *     2  wrong usage or input              7  not found
 *     3  passphrase or key does not        8  conflict to be resolved
 *        open it                           9  no memory or disk space
 *     4  damaged, tampered, rolled back    130  interrupted
 */
#include "cli/cmd.h"

extern const struct cmd cmd_init, cmd_status, cmd_key_list, cmd_key_add, cmd_key_remove, cmd_key_change,
    cmd_key_rekey, cmd_key_shares, cmd_backup, cmd_restore, cmd_passphrase_generate, cmd_passphrase_strength, cmd_travel, cmd_check, cmd_repair, cmd_compact, cmd_log, cmd_log_head, cmd_shell,
    cmd_type_list, cmd_type_show, cmd_type_add, cmd_add, cmd_show,
    cmd_list, cmd_edit, cmd_history, cmd_revert, cmd_rm, cmd_purge, cmd_attach, cmd_extract, cmd_view, cmd_detach, cmd_search, cmd_timeline, cmd_agenda, cmd_merge, cmd_unmerge, cmd_duplicates, cmd_resolve,
    cmd_import, cmd_dump, cmd_handoff_send, cmd_handoff_receive, cmd_handoff_receipt, cmd_share, cmd_unshare, cmd_handoff_sync, cmd_card_show, cmd_contact_add, cmd_contact_verify, cmd_contact_list, cmd_contact_remove, cmd_panic, cmd_age_encrypt, cmd_age_decrypt, cmd_age_keygen, cmd_shares_split, cmd_shares_combine, cmd_names_match, cmd_names_fold, cmd_risk,
    cmd_consent, cmd_consent_withdraw, cmd_release_check, cmd_release_review, cmd_release_make, cmd_release_list, cmd_release_forget, cmd_release_verify, cmd_reidentify, cmd_help, cmd_version;

/* In the order in which `help` lists them. */
static const struct cmd *const commands[] = {
    &cmd_init, &cmd_status, &cmd_key_list, &cmd_key_add, &cmd_key_remove, &cmd_key_change,
    &cmd_key_rekey, &cmd_key_shares, &cmd_travel, &cmd_backup, &cmd_restore,
    &cmd_check, &cmd_repair, &cmd_compact, &cmd_log, &cmd_log_head,
    &cmd_shell, &cmd_panic, &cmd_passphrase_generate, &cmd_passphrase_strength,
    &cmd_type_list, &cmd_type_show, &cmd_type_add,
    &cmd_add, &cmd_show, &cmd_list, &cmd_edit, &cmd_history, &cmd_revert, &cmd_rm, &cmd_purge,
    &cmd_attach, &cmd_extract, &cmd_view, &cmd_detach,
    &cmd_search, &cmd_timeline, &cmd_agenda,
    &cmd_duplicates, &cmd_merge, &cmd_unmerge, &cmd_resolve,
    &cmd_import, &cmd_dump, &cmd_handoff_send, &cmd_handoff_receive, &cmd_handoff_receipt,
    &cmd_share, &cmd_unshare, &cmd_handoff_sync,
    &cmd_card_show, &cmd_contact_add, &cmd_contact_verify, &cmd_contact_list, &cmd_contact_remove,
    &cmd_age_encrypt, &cmd_age_decrypt, &cmd_age_keygen,
    &cmd_consent, &cmd_consent_withdraw, &cmd_release_check, &cmd_release_review, &cmd_release_make, &cmd_release_list, &cmd_release_forget, &cmd_release_verify, &cmd_reidentify,
    &cmd_shares_split, &cmd_shares_combine, &cmd_names_match, &cmd_names_fold, &cmd_risk,
    &cmd_help, &cmd_version,
    NULL
};

int
main(int argc, char **argv)
{
    return cli_main(argc, argv, commands);
}
