/* SPDX-License-Identifier: MIT */
/* A small image and people who sign it: certificates of any kind, made by libcrypto when a test
 * begins. */
#pragma once

#include "base/error.h"
#include "image_fixture.h"
#include "sign/sign.h"

#define FIXTURE_NOW 1800000000ll /* 2027-01-15 */
#define FIXTURE_DAY 86400ll

enum {
	ROOT,
	OTHER_ROOT,
	MIDDLE,	     /* between a root and others */
	MIDDLE_TIME, /* for time stamps only */
	NO_CA,
	SIGNER,
	SIGNER_EC,
	BELOW_MIDDLE,
	BELOW_TIME,
	BELOW_NO_CA,
	VERIFIER,
	FOREIGN,
	EXPIRED,
	EARLY,
	NO_EKU,
	WRONG_EKU,
	NO_SIGNATURES,
	WEAK,
	SELF,
	OLD_ROOT,
	BELOW_OLD_ROOT,
	PERSON_COUNT,
};

struct fixture_person {
	char *key, *cert; /* PEM */
	void *pkey, *x509;
};
struct fixture {
	u8 image[FIXTURE_IMAGE_SIZE];
	struct fixture_person people[PERSON_COUNT];
};
/* Ends the program when it fails: a test without these means nothing. */
void fixture_init(struct fixture *ret_fixture);
void fixture_fini(struct fixture *fixture);

/* A list in PEM, of the serial numbers, issued by a person, for free(). days: until the next one.
 */
char *fixture_crl(const struct fixture *fixture, int issuer, const int *serials, unsigned count,
		  int days);
/* The image signed by somebody; other: one whose certificate is brought along, -1: nobody's. */
int fixture_sign(const struct fixture *fixture, int who, int other, u8 **ret_signed,
		 size_t *ret_len, struct error *err) MUST_CHECK;
/* With one root in it; NULL: out of memory. */
struct sign_store *fixture_store(const struct fixture *fixture, int root) MUST_CHECK;
struct sign_policy fixture_policy(const struct sign_store *store);
