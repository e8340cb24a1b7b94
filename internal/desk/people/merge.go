package people

import (
	"context"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/cases"
)

func (s *Service) mergeBatchTx(_ context.Context, _ pgx.Tx, w work) (n int, last cases.ID, through bool, err error) {
	return 0, w.CursorID, true, nil
}
