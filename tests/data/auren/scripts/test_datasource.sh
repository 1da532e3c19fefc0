# 1. Test datasource
curl -u admin:auren_grafana_2025 http://localhost:3000/api/datasources/1/health
