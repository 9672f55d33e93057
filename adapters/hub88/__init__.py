"""Hub88's generic wallet protocol, and Caleta's dialect of it: RSA signatures, integers of hundred-thousandths."""
