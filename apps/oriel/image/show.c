/* SPDX-License-Identifier: MIT */
/* `oriel image inspect`: an image as text and as JSON. */
#include "show.h"

#include "base/str.h"
#include "calendar.h"

static const char *machine_name(const struct pe *pe)
{
	return pe->machine == PE_X86_64 ? "x86-64" : "arm64";
}

static const char *kind_name(const struct pe *pe)
{
	return pe->subsystem == 1 ? "driver" : (pe->flags & 0x2000) != 0 ? "DLL" : "program";
}

static const char *or_dash(const char *text)
{
	return text != NULL ? text : "-";
}

static const char *rights_text(u32 flags, char buf[4])
{
	buf[0] = (flags & PE_SECTION_READ) != 0 ? 'r' : '-';
	buf[1] = (flags & (u32)PE_SECTION_WRITE) != 0 ? 'w' : '-';
	buf[2] = (flags & PE_SECTION_EXEC) != 0 ? 'x' : '-';
	buf[3] = '\0';
	return buf;
}

/* Names of hostile images, which may hold anything. */
static void add_clean(struct strbuf *out, const char *text)
{
	for (; *text != '\0'; text++)
		strbuf_add_char(out, *text < 0x20 || *text >= 0x7f ? '?' : *text);
}

static void add_hex(struct strbuf *out, const u8 *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		strbuf_printf(out, "%02x", bytes[i]);
}

/* --- text ------------------------------------------------------------------------------------ */

static void heading(struct image_view *view, const char *text)
{
	cli_printf(view->cli, "\n%s%s%s\n", cli_style(view->cli, CLI_BOLD), text,
		   cli_style(view->cli, CLI_PLAIN));
}

static void print_cells(struct image_view *view, const char *title, struct strbuf *cells, bool any)
{
	if (any) {
		heading(view, title);
		cli_table(view->cli, "  ", cells);
	}
	strbuf_fini(cells);
}

static void print_sections(struct image_view *view)
{
	struct strbuf cells = STRBUF_INIT;
	char rights[4];

	strbuf_add(&cells, "name\trva\tsize\toffset\tbytes\trights\n");
	for (u32 i = 0; i < view->pe.section_count; i++) {
		const struct pe_section *s = &view->pe.sections[i];

		add_clean(&cells, s->name);
		strbuf_printf(&cells, "\t0x%x\t0x%x\t0x%x\t0x%x\t%s\n", s->rva, s->size, s->offset,
			      s->raw_size, rights_text(s->flags, rights));
	}
	print_cells(view, "Sections", &cells, true);
}

static void print_imports(struct image_view *view)
{
	struct strbuf cells = STRBUF_INIT;
	struct pe_imports imports;
	struct pe_import import;
	struct error err = { 0 };
	bool any = false;
	int more;

	pe_imports_begin(&view->pe, &imports, &err);
	while ((more = pe_imports_next(&imports, &import)) == 1) {
		add_clean(&cells, import.dll);
		strbuf_add_char(&cells, '\t');
		add_clean(&cells, import.name);
		strbuf_add_char(&cells, '\n');
		any = true;
	}
	print_cells(view, "Imports", &cells, any);
	if (more < 0)
		cli_warn(view->cli, "%s: imports: %s", view->file.path, err.text);
}

static void print_exports(struct image_view *view)
{
	struct strbuf cells = STRBUF_INIT;
	struct pe_exports exports = { 0 };
	struct pe_export row;
	struct error err = { 0 };
	int status = pe_exports_open(&view->pe, &exports, &err);
	bool any = false;

	for (u32 i = 0; status == 0 && i < exports.count; i++) {
		status = pe_export_get(&exports, i, &row, &err);
		if (status != 0)
			break;
		strbuf_printf(&cells, "0x%x\t", row.rva);
		add_clean(&cells, row.name);
		strbuf_add_char(&cells, '\n');
		any = true;
	}
	print_cells(view, "Exports", &cells, any);
	if (status != 0)
		cli_warn(view->cli, "%s: exports: %s", view->file.path, err.text);
}

static void print_tables(struct image_view *view)
{
	struct strbuf programs = STRBUF_INIT, maps = STRBUF_INIT;
	struct image_program program;
	struct image_map map;
	u32 program_at = 0, map_at = 0;

	strbuf_add(&programs, "name\tsection\tPE section\trva\tinsns\tmaps\thelpers\n");
	while (image_next_program(&view->pe, &program_at, &program))
		strbuf_printf(&programs, "%s\t%s\t%s\t0x%x\t%llu\t%u\t%u\n", or_dash(program.name),
			      or_dash(program.section), or_dash(program.pe_section), program.rva,
			      program.insns, program.maps, program.helpers);
	print_cells(view, "Programs", &programs, program_at != 0);
	strbuf_add(&maps, "name\ttype\tkey\tvalue\tentries\n");
	while (image_next_map(&view->pe, &map_at, &map))
		strbuf_printf(&maps, "%s\t%u\t%u\t%u\t%u\n", or_dash(map.name), map.type,
			      map.key_size, map.value_size, map.max_entries);
	print_cells(view, "Maps", &maps, map_at != 0);
}

static void print_pages(struct image_view *view)
{
	struct strbuf cells = STRBUF_INIT;

	strbuf_add(&cells, "offset\tsha256\n");
	for (u32 i = 0; i < view->sig.page_count; i++) {
		strbuf_printf(&cells, "0x%x\t", view->sig.pages[i].offset);
		add_hex(&cells, view->sig.pages[i].digest, SHA256_SIZE);
		strbuf_add_char(&cells, '\n');
	}
	print_cells(view, "Page hashes", &cells, view->sig.page_count > 0);
}

static void print_uncovered(struct image_view *view)
{
	struct strbuf cells = STRBUF_INIT;

	strbuf_add(&cells, "offset\tbytes\twhat\theld by\n");
	for (u32 i = 0; i < view->sig.uncovered_count; i++) {
		const struct sign_uncovered *u = &view->sig.uncovered[i];

		strbuf_printf(&cells, "0x%llx\t%llu\t%s\t%s\n", u->offset, u->len, u->what,
			      u->held_by);
	}
	print_cells(view, "Not covered by the digest", &cells, view->sig.uncovered_count > 0);
}

void image_print_signature(struct image_view *view)
{
	const struct sign_result *sig = &view->sig;
	struct strbuf cells = STRBUF_INIT;
	char from[CALENDAR_TEXT], to[CALENDAR_TEXT];

	if (sig->reason != SIGN_ERROR) {
		strbuf_add(&cells, "digest\t");
		add_hex(&cells, sig->digest, sizeof(sig->digest));
		strbuf_add_char(&cells, '\n');
	}
	if (sig->name != NULL)
		strbuf_printf(&cells, "of\t%s\n", sig->name);
	if (sig->url != NULL)
		strbuf_printf(&cells, "at\t%s\n", sig->url);
	if (sig->has_time) {
		calendar_text(sig->time, from);
		strbuf_printf(&cells, "made\t%s, says the signer\n", from);
	}
	for (u32 i = 0; i < sig->cert_count; i++) {
		const struct sign_cert *cert = &sig->certs[i];

		calendar_text(cert->not_before, from);
		calendar_text(cert->not_after, to);
		strbuf_printf(&cells, "%s\t%s, from %.10s to %.10s\n",
			      i == 0	      ? "signer"
			      : cert->is_root ? "root"
					      : "issuer",
			      cert->subject, from, to);
	}
	if (sig->cert_count == 1 && !sig->certs[0].is_root)
		strbuf_printf(&cells, "issuer\t%s\n", sig->certs[0].issuer);
	for (u32 i = 0; i < sig->eku_count; i++)
		strbuf_printf(&cells, "usage\t%s%s\n", sig->ekus[i],
			      str_eq(sig->ekus[i], SIGN_EKU_CODE)	? " (code signing)"
			      : str_eq(sig->ekus[i], SIGN_EKU_VERIFIED) ? " (verified programs)"
									: "");
	cli_table(view->cli, "  ", &cells);
	strbuf_fini(&cells);
}

void image_print(struct image_view *view)
{
	const struct pe *pe = &view->pe;

	cli_printf(view->cli, "%s: %s for %s, %zu bytes\n", view->file.path, kind_name(pe),
		   machine_name(pe), view->file.len);
	cli_printf(view->cli,
		   "  base 0x%llx, 0x%x bytes in memory, entry 0x%x\n"
		   "  checksum 0x%x (%s)\n",
		   pe->base, pe->size, pe->entry, pe->checksum,
		   pe->checksum == pe_checksum(pe) ? "right" : "wrong");
	print_sections(view);
	print_imports(view);
	print_exports(view);
	print_tables(view);
	heading(view, "Signature");
	if (view->sig_status != 0)
		cli_printf(view->cli, "  %s: %s\n", sign_reason_id(view->sig.reason),
			   view->sig_err.text);
	else
		cli_printf(view->cli, "  fits the image; whether to believe the signer is what "
				      "'oriel image verify' says\n");
	image_print_signature(view);
	print_pages(view);
	print_uncovered(view);
}

/* --- JSON ------------------------------------------------------------------------------------ */

static void json_sections(struct image_view *view, struct json *json)
{
	char rights[4];

	json_array_begin(json, "sections");
	for (u32 i = 0; i < view->pe.section_count; i++) {
		const struct pe_section *s = &view->pe.sections[i];

		json_object_begin(json, NULL);
		json_str(json, "name", s->name);
		json_u64(json, "rva", s->rva);
		json_u64(json, "size", s->size);
		json_u64(json, "offset", s->offset);
		json_u64(json, "bytes", s->raw_size);
		json_str(json, "rights", rights_text(s->flags, rights));
		json_object_end(json);
	}
	json_array_end(json);
}

static void json_names(struct image_view *view, struct json *json)
{
	struct pe_imports imports;
	struct pe_import import;
	struct pe_exports exports = { 0 };
	struct pe_export row;

	json_array_begin(json, "imports");
	pe_imports_begin(&view->pe, &imports, NULL);
	while (pe_imports_next(&imports, &import) == 1) {
		json_object_begin(json, NULL);
		json_str(json, "library", import.dll);
		json_str(json, "name", import.name);
		json_object_end(json);
	}
	json_array_end(json);
	json_array_begin(json, "exports");
	if (pe_exports_open(&view->pe, &exports, NULL) == 0)
		for (u32 i = 0; i < exports.count; i++) {
			if (pe_export_get(&exports, i, &row, NULL) != 0)
				break;
			json_object_begin(json, NULL);
			json_str(json, "name", row.name);
			json_u64(json, "rva", row.rva);
			json_object_end(json);
		}
	json_array_end(json);
}

static void json_tables(struct image_view *view, struct json *json)
{
	struct image_program program;
	struct image_map map;
	u32 at = 0;

	json_array_begin(json, "programs");
	while (image_next_program(&view->pe, &at, &program)) {
		json_object_begin(json, NULL);
		json_str(json, "name", program.name);
		json_str(json, "section", program.section);
		json_str(json, "pe_section", program.pe_section);
		json_u64(json, "rva", program.rva);
		json_u64(json, "insns", program.insns);
		json_u64(json, "maps", program.maps);
		json_u64(json, "helpers", program.helpers);
		json_object_end(json);
	}
	json_array_end(json);
	json_array_begin(json, "maps");
	at = 0;
	while (image_next_map(&view->pe, &at, &map)) {
		json_object_begin(json, NULL);
		json_str(json, "name", map.name);
		json_u64(json, "type", map.type);
		json_u64(json, "key_size", map.key_size);
		json_u64(json, "value_size", map.value_size);
		json_u64(json, "max_entries", map.max_entries);
		json_object_end(json);
	}
	json_array_end(json);
}

void image_json_cert(const struct sign_cert *cert, struct json *json)
{
	char text[CALENDAR_TEXT];

	json_object_begin(json, NULL);
	json_str(json, "subject", cert->subject);
	json_str(json, "issuer", cert->issuer);
	json_str(json, "serial", cert->serial);
	calendar_text(cert->not_before, text);
	json_str(json, "not_before", text);
	calendar_text(cert->not_after, text);
	json_str(json, "not_after", text);
	json_hex(json, "sha256", cert->sha256, sizeof(cert->sha256));
	json_object_end(json);
}

static void json_certs(const struct sign_result *sig, struct json *json)
{
	json_array_begin(json, "certs");
	for (u32 i = 0; i < sig->cert_count; i++)
		image_json_cert(&sig->certs[i], json);
	json_array_end(json);
	json_array_begin(json, "usages");
	for (u32 i = 0; i < sig->eku_count; i++)
		json_str(json, NULL, sig->ekus[i]);
	json_array_end(json);
}

void image_json_signature(struct image_view *view, struct json *json)
{
	const struct sign_result *sig = &view->sig;
	char text[CALENDAR_TEXT];

	json_str(json, "reason", sign_reason_id(sig->reason));
	json_str(json, "message", view->sig_status != 0 ? view->sig_err.text : NULL);
	if (sig->reason != SIGN_ERROR && (sig->reason != SIGN_BAD_IMAGE || view->pe.bytes != NULL))
		json_hex(json, "digest", sig->digest, sizeof(sig->digest));
	else
		json_str(json, "digest", NULL);
	json_str(json, "name", sig->name);
	json_str(json, "url", sig->url);
	calendar_text(sig->time, text);
	json_str(json, "time", sig->has_time ? text : NULL);
	json_certs(sig, json);
	json_array_begin(json, "pages");
	for (u32 i = 0; i < sig->page_count; i++) {
		json_object_begin(json, NULL);
		json_u64(json, "offset", sig->pages[i].offset);
		json_hex(json, "sha256", sig->pages[i].digest, SHA256_SIZE);
		json_object_end(json);
	}
	json_array_end(json);
	json_array_begin(json, "uncovered");
	for (u32 i = 0; i < sig->uncovered_count; i++) {
		json_object_begin(json, NULL);
		json_u64(json, "offset", sig->uncovered[i].offset);
		json_u64(json, "len", sig->uncovered[i].len);
		json_str(json, "what", sig->uncovered[i].what);
		json_str(json, "held_by", sig->uncovered[i].held_by);
		json_object_end(json);
	}
	json_array_end(json);
}

void image_json(struct image_view *view)
{
	const struct pe *pe = &view->pe;
	struct json json;

	json_init(&json, &view->cli->out, true);
	json_object_begin(&json, NULL);
	json_str(&json, "file", view->file.path);
	json_str(&json, "kind", kind_name(pe));
	json_str(&json, "arch", machine_name(pe));
	json_u64(&json, "base", pe->base);
	json_u64(&json, "size", pe->size);
	json_u64(&json, "entry", pe->entry);
	json_u64(&json, "checksum", pe->checksum);
	json_bool(&json, "checksum_right", pe->checksum == pe_checksum(pe));
	json_sections(view, &json);
	json_names(view, &json);
	json_tables(view, &json);
	json_object_begin(&json, "signature");
	image_json_signature(view, &json);
	json_object_end(&json);
	json_object_end(&json);
	cli_printf(view->cli, "\n");
}
