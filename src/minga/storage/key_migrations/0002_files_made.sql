-- Files that were there, so that one that is empty or gone is known to be lost, and not taken for one that never was.
CREATE TABLE files_made (
    name TEXT PRIMARY KEY
);
