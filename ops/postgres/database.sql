-- The database and who may log in to it, for `psql` (15 or newer) as a superuser. The passwords come from the
-- environment: BANSO_POSTGRES_PASSWORD and BANSO_POSTGRES_OPERATOR_PASSWORD.
\set ON_ERROR_STOP on
\getenv app BANSO_POSTGRES_PASSWORD
\getenv operator BANSO_POSTGRES_OPERATOR_PASSWORD

-- What the roles may do is said by `banso migrate`: the owner changes tables, the application adds events.
CREATE ROLE banso_owner NOLOGIN;
CREATE ROLE banso_app NOLOGIN;
CREATE ROLE banso LOGIN PASSWORD :'app' IN ROLE banso_app;
CREATE ROLE banso_operator LOGIN PASSWORD :'operator' IN ROLE banso_owner;

CREATE DATABASE banso OWNER banso_owner TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8';
REVOKE ALL ON DATABASE banso FROM PUBLIC;
GRANT CONNECT ON DATABASE banso TO banso_app;
