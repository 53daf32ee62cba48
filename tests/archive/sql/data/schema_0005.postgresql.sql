--
-- PostgreSQL database dump
--


-- Dumped from database version 15.18 (Debian 15.18-0+deb12u1)
-- Dumped by pg_dump version 15.18 (Debian 15.18-0+deb12u1)

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: addresses; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.addresses (
    path text NOT NULL,
    article_id text NOT NULL
);


--
-- Name: alembic_version; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.alembic_version (
    version_num character varying(32) NOT NULL
);


--
-- Name: articles; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.articles (
    id text NOT NULL,
    guid text NOT NULL,
    revision integer NOT NULL,
    status text NOT NULL,
    title text NOT NULL,
    slug text NOT NULL,
    day date,
    summary text,
    content_html text NOT NULL,
    content_format text,
    content_source text,
    authors json NOT NULL,
    section text,
    tags json NOT NULL,
    language text NOT NULL,
    published timestamp with time zone,
    listed timestamp with time zone NOT NULL,
    updated timestamp with time zone NOT NULL,
    created timestamp with time zone NOT NULL,
    modified timestamp with time zone NOT NULL,
    modified_by text NOT NULL,
    canonical_url text,
    image text,
    enclosures json NOT NULL,
    was_public boolean DEFAULT false NOT NULL
);


--
-- Name: changes; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.changes (
    seq bigint NOT NULL,
    kind text NOT NULL,
    subject text NOT NULL,
    revision integer NOT NULL,
    labels json NOT NULL,
    days json NOT NULL
);


--
-- Name: cursors; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.cursors (
    consumer text NOT NULL,
    "position" bigint NOT NULL,
    holder text NOT NULL,
    fence bigint NOT NULL,
    until timestamp with time zone
);


--
-- Name: facts; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.facts (
    name text NOT NULL,
    value text NOT NULL
);


--
-- Name: head; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.head (
    id integer NOT NULL,
    seq bigint NOT NULL
);


--
-- Name: intents; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.intents (
    id text NOT NULL,
    ticket text NOT NULL,
    mode text NOT NULL,
    path text NOT NULL,
    topic text NOT NULL,
    callback text NOT NULL,
    host text NOT NULL,
    secret text,
    lease bigint NOT NULL,
    reason text NOT NULL,
    "position" bigint NOT NULL,
    attempts integer NOT NULL,
    due timestamp with time zone NOT NULL,
    claimed_by text
);


--
-- Name: labels; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.labels (
    kind text NOT NULL,
    key text NOT NULL,
    published timestamp with time zone NOT NULL,
    article_id text NOT NULL,
    name text NOT NULL
);


--
-- Name: origins; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.origins (
    key text NOT NULL,
    digest text NOT NULL,
    article_id text NOT NULL,
    revision integer NOT NULL
);


--
-- Name: rendition_codings; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.rendition_codings (
    path text NOT NULL,
    coding text NOT NULL,
    etag text NOT NULL,
    body bytea NOT NULL
);


--
-- Name: renditions; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.renditions (
    path text NOT NULL,
    media_type text NOT NULL,
    modified timestamp with time zone NOT NULL,
    "position" bigint NOT NULL,
    lineage bytea
);


--
-- Name: requests; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.requests (
    key text NOT NULL,
    sent_by text NOT NULL,
    digest text NOT NULL,
    article_id text NOT NULL,
    received timestamp with time zone NOT NULL
);


--
-- Name: revisions; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.revisions (
    article_id text NOT NULL,
    revision integer NOT NULL,
    saved_by text NOT NULL,
    document json NOT NULL
);


--
-- Name: subscriptions; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.subscriptions (
    id text NOT NULL,
    path text NOT NULL,
    topic text NOT NULL,
    callback text NOT NULL,
    host text NOT NULL,
    secret text,
    until timestamp with time zone NOT NULL,
    wanted bigint NOT NULL,
    delivered bigint NOT NULL,
    etag text,
    failures integer NOT NULL,
    behind_since timestamp with time zone,
    due timestamp with time zone,
    claimed_by text
);


--
-- Name: tokens; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.tokens (
    name text NOT NULL,
    digest text NOT NULL,
    scope text NOT NULL,
    created timestamp with time zone NOT NULL,
    revoked timestamp with time zone
);


--
-- Name: tombstones; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.tombstones (
    article_id text NOT NULL,
    guid text NOT NULL,
    gone timestamp with time zone NOT NULL,
    day date NOT NULL,
    labels json NOT NULL
);


--
-- Name: volumes; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.volumes (
    year integer NOT NULL,
    month integer NOT NULL,
    number integer NOT NULL,
    listed timestamp with time zone,
    article_id text
);


--
-- Data for Name: addresses; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.addresses VALUES ('/2026/03/14/wheat-exports-rise', 'full');
INSERT INTO public.addresses VALUES ('/2026/03/14/wheat', 'full');
INSERT INTO public.addresses VALUES ('/1987/03/11/old', 'old');
INSERT INTO public.addresses VALUES ('/2030/01/01/late', 'late');


--
-- Data for Name: alembic_version; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.alembic_version VALUES ('0005');


--
-- Data for Name: articles; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.articles VALUES ('full', 'urn:example:wheat', 2, 'published', 'Wheat exports rise', 'wheat', '2026-03-14', 'More wheat.', '<h1>Wheat</h1>
<p>More of it.</p>', 'markdown', '# Wheat

More of it.', '[{"name":"Jane Doe","uri":"https://example.org/jane","email":"jane@example.org"},{"name":"José","uri":null,"email":null}]', 'Grain', '["corn"]', 'en-GB', '2026-03-14 12:00:00+00', '2026-03-14 12:00:00+00', '2026-03-14 12:00:00+00', '2026-03-14 12:00:00+00', '2026-03-14 12:00:00+00', 'bob', 'https://example.org/wheat', 'https://example.org/wheat.png', '[{"url":"https://example.org/a.mp3","type":"audio/mpeg","length":1099511627776,"title":"Listen"}]', true);
INSERT INTO public.articles VALUES ('old', 'tag:news.example.org,2026-03-14:old', 2, 'withdrawn', 'Old', 'old', '1987-03-11', NULL, '<p>Grain.</p>', 'text', 'Grain.', '[]', NULL, '[]', 'en', '1987-03-10 23:00:00+00', '1987-03-10 23:00:00+00', '1987-03-10 23:00:00+00', '2026-03-14 12:00:00+00', '2026-03-14 12:00:00+00', '', NULL, NULL, '[]', true);
INSERT INTO public.articles VALUES ('draft', 'tag:news.example.org,2026-03-14:draft', 1, 'draft', 'Not yet.', 'not-yet', NULL, NULL, '<p>Not yet. Or ever?</p>', 'text', 'Not yet. Or ever?', '[]', NULL, '[]', 'en', NULL, '2026-03-14 12:00:00+00', '2026-03-14 12:00:00+00', '2026-03-14 12:00:00+00', '2026-03-14 12:00:00+00', '', NULL, NULL, '[]', false);
INSERT INTO public.articles VALUES ('late', 'tag:news.example.org,2026-03-14:late', 1, 'scheduled', 'Late', 'late', '2030-01-01', NULL, '<p>In time.</p>', 'text', 'In time.', '[]', NULL, '[]', 'en', '2030-01-01 00:00:00+00', '2030-01-01 00:00:00+00', '2026-03-14 12:00:00+00', '2026-03-14 12:00:00+00', '2026-03-14 12:00:00+00', '', NULL, NULL, '[]', false);


--
-- Data for Name: changes; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.changes VALUES (1, 'article', 'full', 1, '[["author","jane-doe"],["author","josé"],["section","grain"],["tag","usa"],["tag","wheat"]]', '["2026-03-14"]');
INSERT INTO public.changes VALUES (2, 'article', 'full', 2, '[["author","jane-doe"],["author","josé"],["section","grain"],["tag","corn"],["tag","usa"],["tag","wheat"]]', '["2026-03-14"]');
INSERT INTO public.changes VALUES (3, 'article', 'old', 1, '[]', '["1987-03-11"]');
INSERT INTO public.changes VALUES (4, 'article', 'old', 2, '[]', '["1987-03-11"]');
INSERT INTO public.changes VALUES (5, 'article', 'draft', 1, '[]', '[]');
INSERT INTO public.changes VALUES (6, 'article', 'late', 1, '[]', '[]');
INSERT INTO public.changes VALUES (7, 'rendition', '/feed.rss', 0, '[]', '[]');


--
-- Data for Name: cursors; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.cursors VALUES ('index', 0, 'one', 1, '2026-03-14 12:01:00+00');


--
-- Data for Name: facts; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.facts VALUES ('identity', 'urn:example:archive');


--
-- Data for Name: head; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.head VALUES (1, 7);


--
-- Data for Name: intents; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: labels; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.labels VALUES ('section', 'grain', '2026-03-14 12:00:00+00', 'full', 'Grain');
INSERT INTO public.labels VALUES ('tag', 'corn', '2026-03-14 12:00:00+00', 'full', 'corn');
INSERT INTO public.labels VALUES ('author', 'jane-doe', '2026-03-14 12:00:00+00', 'full', 'Jane Doe');
INSERT INTO public.labels VALUES ('author', 'josé', '2026-03-14 12:00:00+00', 'full', 'José');


--
-- Data for Name: origins; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.origins VALUES ('file:wheat.md', '2', 'full', 1);


--
-- Data for Name: rendition_codings; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.rendition_codings VALUES ('/feed.rss', 'identity', '"identity-b8a3805e669decf7180d8c7f4af5d4706d615d0678c424bd1c6b853def3bf3d2"', '\x3c7273732f3e');
INSERT INTO public.rendition_codings VALUES ('/feed.rss', 'gzip', '"gzip-ee98dc6af27a9f1c8cc4aaa2fd05b5f6e7c98f51390253a5263b0d096c3510fe"', '\x1f8b');


--
-- Data for Name: renditions; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.renditions VALUES ('/feed.rss', 'application/rss+xml', '2026-03-14 12:00:00+00', 0, '\x7b2268656c64223a5b5b226f6c64222c2231222c22313938372d30332d3131222c302c362c372c6e756c6c5d5d2c226c656674223a5b5d2c22676f6e65223a5b5d2c2266756c6c223a66616c73652c2276657273696f6e73223a5b5b372c225c226964656e746974792d623861333830356536363964656366373138306438633766346166356434373036643631356430363738633432346264316336623835336465663362663364325c22222c225c22677a69702d656539386463366166323761396631633863633461616132666430356235663665376339386635313339303235336135323633623064303936633335313066655c22225d5d7d');


--
-- Data for Name: requests; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.requests VALUES ('key', 'ann', '1', 'full', '2026-03-14 12:00:00+00');


--
-- Data for Name: revisions; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.revisions VALUES ('full', 1, 'ann', '{"id":"full","guid":"urn:example:wheat","revision":1,"status":"published","title":"Wheat exports rise","slug":"wheat-exports-rise","path":"/2026/03/14/wheat-exports-rise","summary":"More wheat.","content_html":"<h1>Wheat</h1>\n<p>More of it.</p>","authors":[{"name":"Jane Doe","uri":"https://example.org/jane","email":"jane@example.org"},{"name":"José","uri":null,"email":null}],"section":"Grain","tags":["USA","wheat"],"language":"en-GB","published":"2026-03-14T12:00:00Z","updated":"2026-03-14T12:00:00Z","created":"2026-03-14T12:00:00Z","modified":"2026-03-14T12:00:00Z","day":"2026-03-14","canonical_url":"https://example.org/wheat","image":"https://example.org/wheat.png","enclosures":[{"url":"https://example.org/a.mp3","type":"audio/mpeg","length":1099511627776,"title":"Listen"}],"content_markdown":"# Wheat\n\nMore of it."}');
INSERT INTO public.revisions VALUES ('old', 1, '', '{"id":"old","guid":"tag:news.example.org,2026-03-14:old","revision":1,"status":"published","title":"Old","slug":"old","path":"/1987/03/11/old","summary":null,"content_html":"<p>Grain.</p>","authors":[],"section":null,"tags":[],"language":"en","published":"1987-03-10T23:00:00Z","updated":"1987-03-10T23:00:00Z","created":"2026-03-14T12:00:00Z","modified":"2026-03-14T12:00:00Z","day":"1987-03-11","canonical_url":null,"image":null,"enclosures":[],"content_text":"Grain."}');


--
-- Data for Name: subscriptions; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: tokens; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.tokens VALUES ('desk', 'digest', 'write', '2026-03-14 12:00:00+00', NULL);


--
-- Data for Name: tombstones; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.tombstones VALUES ('old', 'tag:news.example.org,2026-03-14:old', '2026-03-14 12:00:00+00', '1987-03-11', '[]');


--
-- Data for Name: volumes; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Name: alembic_version alembic_version_pkc; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);


--
-- Name: addresses pk_addresses; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.addresses
    ADD CONSTRAINT pk_addresses PRIMARY KEY (path);


--
-- Name: articles pk_articles; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.articles
    ADD CONSTRAINT pk_articles PRIMARY KEY (id);


--
-- Name: changes pk_changes; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.changes
    ADD CONSTRAINT pk_changes PRIMARY KEY (seq);


--
-- Name: cursors pk_cursors; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.cursors
    ADD CONSTRAINT pk_cursors PRIMARY KEY (consumer);


--
-- Name: facts pk_facts; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.facts
    ADD CONSTRAINT pk_facts PRIMARY KEY (name);


--
-- Name: head pk_head; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.head
    ADD CONSTRAINT pk_head PRIMARY KEY (id);


--
-- Name: intents pk_intents; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.intents
    ADD CONSTRAINT pk_intents PRIMARY KEY (id);


--
-- Name: labels pk_labels; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.labels
    ADD CONSTRAINT pk_labels PRIMARY KEY (kind, key, published, article_id);


--
-- Name: origins pk_origins; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.origins
    ADD CONSTRAINT pk_origins PRIMARY KEY (key);


--
-- Name: rendition_codings pk_rendition_codings; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.rendition_codings
    ADD CONSTRAINT pk_rendition_codings PRIMARY KEY (path, coding);


--
-- Name: renditions pk_renditions; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.renditions
    ADD CONSTRAINT pk_renditions PRIMARY KEY (path);


--
-- Name: requests pk_requests; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.requests
    ADD CONSTRAINT pk_requests PRIMARY KEY (key, sent_by);


--
-- Name: revisions pk_revisions; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.revisions
    ADD CONSTRAINT pk_revisions PRIMARY KEY (article_id, revision);


--
-- Name: subscriptions pk_subscriptions; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.subscriptions
    ADD CONSTRAINT pk_subscriptions PRIMARY KEY (id);


--
-- Name: tokens pk_tokens; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.tokens
    ADD CONSTRAINT pk_tokens PRIMARY KEY (name);


--
-- Name: tombstones pk_tombstones; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.tombstones
    ADD CONSTRAINT pk_tombstones PRIMARY KEY (article_id);


--
-- Name: volumes pk_volumes; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.volumes
    ADD CONSTRAINT pk_volumes PRIMARY KEY (year, month, number);


--
-- Name: articles uq_articles_guid; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.articles
    ADD CONSTRAINT uq_articles_guid UNIQUE (guid);


--
-- Name: ix_addresses_article_id; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_addresses_article_id ON public.addresses USING btree (article_id);


--
-- Name: ix_articles_day; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_articles_day ON public.articles USING btree (status, day);


--
-- Name: ix_articles_listed; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_articles_listed ON public.articles USING btree (listed, id, status);


--
-- Name: ix_articles_modified; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_articles_modified ON public.articles USING btree (modified, id);


--
-- Name: ix_articles_newest; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_articles_newest ON public.articles USING btree (status, listed, id, day);


--
-- Name: ix_changes_kind; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_changes_kind ON public.changes USING btree (kind, seq);


--
-- Name: ix_intents_due; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_intents_due ON public.intents USING btree (due, id);


--
-- Name: ix_labels_article_id; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_labels_article_id ON public.labels USING btree (article_id);


--
-- Name: ix_origins_article_id; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_origins_article_id ON public.origins USING btree (article_id);


--
-- Name: ix_requests_received; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_requests_received ON public.requests USING btree (received);


--
-- Name: ix_subscriptions_due; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_subscriptions_due ON public.subscriptions USING btree (due, id, host, until);


--
-- Name: ix_subscriptions_path; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_subscriptions_path ON public.subscriptions USING btree (path, until);


--
-- Name: ix_subscriptions_until; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_subscriptions_until ON public.subscriptions USING btree (until);


--
-- Name: ix_tokens_digest; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_tokens_digest ON public.tokens USING btree (digest);


--
-- Name: ix_tombstones_gone; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_tombstones_gone ON public.tombstones USING btree (gone, article_id);


--
-- Name: addresses fk_addresses_article_id; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.addresses
    ADD CONSTRAINT fk_addresses_article_id FOREIGN KEY (article_id) REFERENCES public.articles(id);


--
-- Name: labels fk_labels_article_id; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.labels
    ADD CONSTRAINT fk_labels_article_id FOREIGN KEY (article_id) REFERENCES public.articles(id);


--
-- Name: origins fk_origins_article_id; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.origins
    ADD CONSTRAINT fk_origins_article_id FOREIGN KEY (article_id) REFERENCES public.articles(id);


--
-- Name: rendition_codings fk_rendition_codings_path; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.rendition_codings
    ADD CONSTRAINT fk_rendition_codings_path FOREIGN KEY (path) REFERENCES public.renditions(path) ON DELETE CASCADE;


--
-- Name: requests fk_requests_article_id; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.requests
    ADD CONSTRAINT fk_requests_article_id FOREIGN KEY (article_id) REFERENCES public.articles(id);


--
-- Name: revisions fk_revisions_article_id; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.revisions
    ADD CONSTRAINT fk_revisions_article_id FOREIGN KEY (article_id) REFERENCES public.articles(id);


--
-- Name: tombstones fk_tombstones_article_id; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.tombstones
    ADD CONSTRAINT fk_tombstones_article_id FOREIGN KEY (article_id) REFERENCES public.articles(id);


--
-- PostgreSQL database dump complete
--
