-- Of what V5 dropped, the one thing that `banso verify` cannot find: it reads from the first position on, and nobody
-- reads before it.
ALTER TABLE events ADD CONSTRAINT events_seq_check CHECK (seq >= 1);
