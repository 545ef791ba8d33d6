"""The payment platform of the National Public Service Portal, behind an LGSP."""
